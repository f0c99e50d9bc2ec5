package awsdynamodb

import (
	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
	"github.com/scalerkit/scalerkit/internal/aws"
)

// Account is the part of the parameters that says where DynamoDB is and who asks.
// Triggers with equal Accounts share connections and are read together.
type Account = aws.Account

// Config describes a trigger on the number of items that a query finds.
type Config struct {
	Account
	TableName                 string `scaler:"tableName,required" doc:"name of the table"`
	IndexName                 string `scaler:"indexName" doc:"secondary index to query in place of the table"`
	KeyConditionExpression    string `scaler:"keyConditionExpression,required" doc:"which keys to look at, such as #state = :state"`
	FilterExpression          string `scaler:"filterExpression" doc:"which of their items count; all if there is none"`
	ExpressionAttributeNames  string `scaler:"expressionAttributeNames" doc:"JSON object with the names of the attributes that the expressions call #..., such as {\"#state\": \"state\"}"`
	ExpressionAttributeValues string `scaler:"expressionAttributeValues,required" doc:"JSON object with the values that the expressions call :..., such as {\":state\": {\"S\": \"open\"}}"`
	TargetValue               int64  `scaler:"targetValue,target" min:"1" doc:"target: items per replica"`
	ActivationTargetValue     int64  `scaler:"activationTargetValue,activation" doc:"the trigger is active above this number of items"`
	MetricType                scalerkit.TargetKind
}

// Parse implements [driver.Parser].
func (c *Config) Parse(p *driver.Problems) {
	if _, err := decodeNames(c.ExpressionAttributeNames); err != nil {
		p.Add(&c.ExpressionAttributeNames, "%s", err)
	}
	if _, err := decodeValues(c.ExpressionAttributeValues); err != nil {
		p.Add(&c.ExpressionAttributeValues, "%s", err)
	}
}

// question returns what to ask.
func (c *Config) question() question {
	return question{
		table: c.TableName, index: c.IndexName, key: c.KeyConditionExpression, filter: c.FilterExpression,
		names: c.ExpressionAttributeNames, values: c.ExpressionAttributeValues,
	}
}
