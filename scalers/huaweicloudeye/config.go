package huaweicloudeye

import (
	"cmp"
	"strings"
	"time"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/driver"
)

// Account is the part of the parameters that says where Cloud Eye is and who asks.
// Triggers with equal Accounts share connections and are read together.
type Account struct {
	Region    string           `scaler:"Region,required" from:"auth" doc:"region, such as ap-southeast-1"`
	ProjectID string           `scaler:"ProjectID,required" from:"auth" doc:"id of the project"`
	AccessKey string           `scaler:"AccessKey,required" from:"auth" doc:"access key"`
	SecretKey scalerkit.Secret `scaler:"SecretKey,required" from:"auth" doc:"secret of the access key"`
	Cloud     string           `scaler:"Cloud" from:"auth" default:"myhuaweicloud.com" doc:"domain of the cloud"`
	Endpoint  string           `scaler:"cloudeyeEndpoint" format:"server" doc:"URL of Cloud Eye, in place of https://ces.REGION.CLOUD"`

	IdentityEndpoint string `scaler:"IdentityEndpoint" from:"auth" doc:"is not needed, since nobody has to log in"`
	DomainID         string `scaler:"DomainID" from:"auth" doc:"is not needed, since nobody has to log in"`
	Domain           string `scaler:"Domain" from:"auth" doc:"is not needed, since nobody has to log in"`
}

// isName reports whether a text can be a part of a URL as it is.
func isName(text string) bool {
	const parts = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return strings.Trim(text, parts) == ""
}

// Parse implements [driver.Parser].
func (a *Account) Parse(p *driver.Problems) {
	if !isName(a.Region) {
		p.Add(&a.Region, "is no name of a region, such as ap-southeast-1")
	}
	if !isName(a.ProjectID) {
		p.Add(&a.ProjectID, "is no id of a project, such as 41f6bfe48d7f4455b7754f7c1b11ae34")
	}
	if !isName(strings.ReplaceAll(a.Cloud, ".", "")) {
		p.Add(&a.Cloud, "is no domain, such as myhuaweicloud.com")
	}
}

// url is where metrics are asked for.
func (a *Account) url() string {
	server := strings.TrimSuffix(cmp.Or(a.Endpoint, "https://ces."+a.Region+"."+a.Cloud), "/")
	return server + "/V1.0/" + a.ProjectID + "/batch-query-metric-data"
}

// Config describes a trigger on a metric.
type Config struct {
	Account
	Namespace      string `scaler:"namespace,required" doc:"namespace of the metric, such as SYS.ELB"`
	MetricName     string `scaler:"metricName,required" doc:"name of the metric"`
	DimensionName  string `scaler:"dimensionName,required" doc:"name of the metric's dimension"`
	DimensionValue string `scaler:"dimensionValue,required" doc:"value of the dimension"`

	TargetMetricValue           float64 `scaler:"targetMetricValue,target" above:"0" doc:"target: value per replica"`
	ActivationTargetMetricValue float64 `scaler:"activationTargetMetricValue,activation" doc:"the trigger is active above this value"`

	MetricCollectionTime int64  `scaler:"metricCollectionTime" default:"300" min:"1" max:"100000000" doc:"how old a data point may be, in seconds"`
	MetricFilter         string `scaler:"metricFilter" default:"average" enum:"average|max|min|sum" doc:"what a data point is of the values in its period"`
	MetricPeriod         int64  `scaler:"metricPeriod" default:"300" min:"1" max:"86400" doc:"seconds in a data point, of those that Cloud Eye knows: 1 (values as they are), 300, 1200, 3600, 14400 and 86400"`
	MetricType           scalerkit.TargetKind

	_ struct{} `scaler:"minMetricValue" doc:"was removed from KEDA: use activationTargetMetricValue"`
}

// metric describes what is read.
func (c *Config) metric() scalerkit.Metric {
	return driver.MetricOf(c, "huawei-cloudeye", c.MetricName)
}

// question is what the trigger asks.
func (c *Config) question() question {
	return question{
		series: series{c.Namespace, c.MetricName, c.DimensionName, c.DimensionValue},
		query:  query{c.MetricFilter, c.MetricPeriod, time.Duration(c.MetricCollectionTime) * time.Second},
	}
}
