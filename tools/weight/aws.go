package main

// awsSources are those of AWS.
var awsSources = []source{{
	name: "awscloudwatch",
	config: `awscloudwatch.Config{
		Account: awscloudwatch.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		Namespace:         program.Name,
		MetricName:        program.Name,
		DimensionName:     program.Name,
		DimensionValue:    program.Name,
		TargetMetricValue: 1,
		MinMetricValue:    new(float64),
	}`,
	unserved: true,
	args:     func(address string) []string { return []string{"http://" + address, noRole} },
	goal:     aFifthMore,
}, {
	name: "awsdynamodb",
	config: `awsdynamodb.Config{
		Account: awsdynamodb.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		TableName:                 program.Name,
		KeyConditionExpression:    "k = :k",
		ExpressionAttributeValues: "{\":k\": {\"S\": \"weight\"}}",
		TargetValue:               1,
	}`,
	server:  "SCALERKIT_TEST_DYNAMODB",
	args:    func(url string) []string { return []string{url, noRole} },
	goal:    aFifthMore,
	prepare: makeTable,
}, {
	name: "awskinesis",
	config: `awskinesis.Config{
		Account: awskinesis.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		StreamName: program.Name,
		LeaseTable: args[2],
	}`,
	server:  "SCALERKIT_TEST_KINESIS",
	args:    func(url string) []string { return []string{url, noRole, noLeases} },
	goal:    aFifthMore,
	prepare: makeStream,
}, {
	name: "awssqs",
	config: `awssqs.Config{
		Account: awssqs.Account{
			Region:   "eu-west-1",
			Endpoint: args[0],
			Identity: scalerkit.Identity{Provider: "aws", RoleARN: args[1]},
		},
		QueueURL: args[2],
	}`,
	server:  "SCALERKIT_TEST_SQS",
	args:    func(url string) []string { return []string{url, noRole, queueURL(url)} },
	goal:    aFifthMore,
	prepare: makeQueueOfSQS,
}}
