package deptest_test

import (
	"slices"
	"testing"

	"github.com/scalerkit/scalerkit/tools/deptest"
)

var (
	driver = []string{
		"github.com/youmark/pkcs8",
		"golang.org/x/crypto",
	}
	transport = []string{
		"golang.org/x/net",
		"golang.org/x/text",
	}
	oauth2 = slices.Concat(transport, []string{
		"golang.org/x/oauth2",
	})
	redis = slices.Concat(driver, []string{
		"github.com/cespare/xxhash/v2",
		"github.com/dgryski/go-rendezvous",
		"github.com/redis/go-redis/v9",
		"go.uber.org/atomic",
	})
	rabbitmq = slices.Concat(driver, oauth2, []string{
		"github.com/rabbitmq/amqp091-go",
	})
	aws = slices.Concat(driver, transport, []string{
		"github.com/aws/aws-sdk-go-v2",
		"github.com/aws/aws-sdk-go-v2/config",
		"github.com/aws/aws-sdk-go-v2/credentials",
		"github.com/aws/aws-sdk-go-v2/feature/ec2/imds",
		"github.com/aws/aws-sdk-go-v2/internal/configsources",
		"github.com/aws/aws-sdk-go-v2/internal/endpoints/v2",
		"github.com/aws/aws-sdk-go-v2/internal/v4a",
		"github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding",
		"github.com/aws/aws-sdk-go-v2/service/internal/presigned-url",
		"github.com/aws/aws-sdk-go-v2/service/signin",
		"github.com/aws/aws-sdk-go-v2/service/sso",
		"github.com/aws/aws-sdk-go-v2/service/ssooidc",
		"github.com/aws/aws-sdk-go-v2/service/sts",
		"github.com/aws/smithy-go",
	})
	cloudwatch = slices.Concat(aws, []string{
		"github.com/aws/aws-sdk-go-v2/service/cloudwatch",
	})
	kinesis = slices.Concat(aws, []string{
		"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream",
		"github.com/aws/aws-sdk-go-v2/service/dynamodb",
		"github.com/aws/aws-sdk-go-v2/service/internal/endpoint-discovery",
		"github.com/aws/aws-sdk-go-v2/service/kinesis",
	})
	azure = slices.Concat(driver[:1], []string{
		"github.com/Azure/azure-sdk-for-go/sdk/azcore",
		"github.com/Azure/azure-sdk-for-go/sdk/azidentity",
		"github.com/Azure/azure-sdk-for-go/sdk/internal",
		"github.com/AzureAD/microsoft-authentication-library-for-go",
		"github.com/golang-jwt/jwt/v5",
		"github.com/google/uuid",
		"github.com/kylelemons/godebug",
		"github.com/pkg/browser",
		"golang.org/x/crypto",
		"golang.org/x/net",
		"golang.org/x/text",
	})
	azureStorage = slices.Concat(azure, []string{
		"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob",
	})
	azureEventHubs = slices.Concat(azureStorage, []string{
		"github.com/Azure/go-amqp",
	})
	kafka = slices.Concat(driver, oauth2, []string{
		"github.com/klauspost/compress",
		"github.com/pierrec/lz4/v4",
		"github.com/segmentio/kafka-go",
		"github.com/xdg-go/pbkdf2",
		"github.com/xdg-go/scram",
		"github.com/xdg-go/stringprep",
	})
	kubernetes = []string{
		"github.com/fxamacker/cbor/v2",
		"github.com/go-logr/logr",
		"github.com/json-iterator/go",
		"github.com/modern-go/concurrent",
		"github.com/modern-go/reflect2",
		"github.com/x448/float16",
		"go.yaml.in/yaml/v2",
		"golang.org/x/net",
		"golang.org/x/text",
		"gopkg.in/inf.v0",
		"k8s.io/api",
		"k8s.io/apimachinery",
		"k8s.io/klog/v2",
		"k8s.io/kube-openapi",
		"k8s.io/metrics",
		"k8s.io/utils",
		"sigs.k8s.io/json",
		"sigs.k8s.io/randfill",
		"sigs.k8s.io/structured-merge-diff/v6",
	}
	postgresql = slices.Concat(driver, []string{
		"github.com/jackc/pgpassfile",
		"github.com/jackc/pgservicefile",
		"github.com/jackc/pgx/v5",
		"github.com/jackc/puddle/v2",
		"golang.org/x/sync",
		"golang.org/x/text",
	})
	cron = slices.Concat(driver, []string{
		"github.com/robfig/cron/v3",
	})
	httpsource = slices.Concat(driver, oauth2)
	google     = []string{
		"cloud.google.com/go/compute/metadata",
	}
	metricsapi = slices.Concat(httpsource, []string{
		"github.com/tidwall/gjson",
		"github.com/tidwall/match",
		"github.com/tidwall/pretty",
		"go.yaml.in/yaml/v3",
	})
	all = slices.Concat(metricsapi, cron, kafka, postgresql, rabbitmq, redis, cloudwatch, kinesis, azureEventHubs, google)
)

func TestPackagesLinkOnlyWhatTheyMay(t *testing.T) {
	deptest.Rules{
		".":         nil,
		"autoscale": nil,
		"autoscale/formula": {
			"github.com/expr-lang/expr",
		},
		"driver":                           driver,
		"driver/httpsource":                httpsource,
		"driver/httpsource/awsidentity":    slices.Concat(httpsource, aws),
		"driver/httpsource/azureidentity":  slices.Concat(httpsource, azure),
		"driver/httpsource/googleidentity": slices.Concat(httpsource, google),
		"driver/sqlsource":                 driver,
		"driver/sqlsource/azuretoken":      slices.Concat(driver, azure),
		"driver/sqlsource/sqlsourcetest":   driver,
		"hpa":                              kubernetes,
		"scalers/all":                      all,
		"scalers/awscloudwatch":            cloudwatch,
		"scalers/awskinesis":               kinesis,
		"scalers/azureblob":                azureStorage,
		"scalers/azureeventhubs":           azureEventHubs,
		"scalers/azureservicebus":          azure,
		"scalers/cron":                     cron,
		"scalers/kafka":                    kafka,
		"scalers/kafka/mskiam":             slices.Concat(kafka, aws),
		"scalers/metricsapi":               metricsapi,
		"scalers/postgresql":               postgresql,
		"scalers/prometheus":               httpsource,
		"scalers/rabbitmq":                 rabbitmq,
		"scalers/redis":                    redis,
		"scalers/scalertest":               driver,
		"scalers/scalertest/httpkit":       driver,

		"internal/aws": aws,
		"internal/aws/awsfake": {
			"github.com/aws/aws-sdk-go-v2",
			"github.com/aws/smithy-go",
		},
		"internal/azure": azure,
		"internal/azure/amqptest": {
			"github.com/Azure/go-amqp",
		},
		"internal/azure/azuretest": nil,
		"internal/azure/storage":   azureStorage,
		"internal/azure/workload":  slices.Concat(driver, oauth2),
		"internal/cloudhosts":      nil,
		"internal/conns":           nil,
		"tools/deptest":            nil,
		"internal/each":            nil,
		"internal/guard":           nil,
		"internal/pool":            nil,
		"tools/gendocs":            all,
		"internal/hostport":        nil,
		"internal/spelling":        nil,
		"tools/testenv":            nil,
		"internal/transport":       transport,

		"internal/tlshint":             nil,
		"internal/tlshint/tlshinttest": nil,

		"tools/weight": {
			"github.com/Azure/azure-sdk-for-go/sdk/azcore",
			"github.com/Azure/azure-sdk-for-go/sdk/internal",
			"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob",
			"github.com/aws/aws-sdk-go-v2",
			"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream",
			"github.com/aws/aws-sdk-go-v2/credentials",
			"github.com/aws/aws-sdk-go-v2/internal/configsources",
			"github.com/aws/aws-sdk-go-v2/internal/endpoints/v2",
			"github.com/aws/aws-sdk-go-v2/service/kinesis",
			"github.com/aws/smithy-go",
			"github.com/klauspost/compress",
			"github.com/pierrec/lz4/v4",
			"github.com/rabbitmq/amqp091-go",
			"github.com/segmentio/kafka-go",
			"golang.org/x/net",
			"golang.org/x/text",
		},
		"tools/weight/awscloudwatch":     cloudwatch,
		"tools/weight/awscloudwatchbare": cloudwatch[len(driver)+len(transport):],
		"tools/weight/awskinesis":        kinesis,
		"tools/weight/awskinesisbare":    kinesis[len(driver)+len(transport):],
		"tools/weight/azureblob":         azureStorage,
		"tools/weight/azureblobbare":     azureStorage[1:],
		"tools/weight/azureeventhubs":    azureEventHubs,
		"tools/weight/azureeventhubsbare": slices.Concat(azureStorage[1:], []string{
			"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs/v2",
			"github.com/Azure/go-amqp",
		}),
		"tools/weight/azureservicebus": azure,
		"tools/weight/azureservicebusbare": slices.Concat(azure[1:], []string{
			"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus",
			"github.com/Azure/go-amqp",
		}),
		"tools/weight/kafka": kafka,
		"tools/weight/kafkabare": slices.Concat(kafka[len(driver)+len(oauth2):], []string{
			"golang.org/x/oauth2",
			"golang.org/x/text",
		}),
		"tools/weight/program":  nil,
		"tools/weight/rabbitmq": rabbitmq,
		"tools/weight/rabbitmqbare": {
			"github.com/rabbitmq/amqp091-go",
		},
		"tools/weight/redis":     redis,
		"tools/weight/redisbare": redis[len(driver):],
	}.Check(t, "../..")
}
