package main

// brokers are message brokers.
var brokers = []source{{
	name: "activemq",
	config: `activemq.Config{
		Endpoint: args[0],
		Broker:   "localhost",
		Queue:    program.Name,
		Username: args[1],
		Password: scalerkit.NewSecret(args[2]),
	}`,
	server:  "SCALERKIT_TEST_ACTIVEMQ",
	args:    func(address string) []string { return []string{address, user, password} },
	goal:    aFifthMore,
	prepare: makeClassicQueue,
}, {
	name:    "beanstalkd",
	config:  `beanstalkd.Config{Server: beanstalkd.Server{Address: args[0]}, Tube: program.Name, Value: 1}`,
	server:  "SCALERKIT_TEST_BEANSTALKD",
	args:    func(address string) []string { return []string{address} },
	prepare: makeJob,
	// A connection alone has nothing to do with TLS, and the vocabulary has.
	goal: func(weight) weight { return weight{modules: 5, size: 6, resident: 7} },
}, {
	name: "kafka",
	config: `kafka.Config{
		Cluster: kafka.Cluster{
			BootstrapServers: args[:1],
			SASL:             args[1],
			Username:         args[2],
			Password:         scalerkit.NewSecret(args[3]),
			TLSMode:          args[4],
			OAuth:            kafka.OAuth{TokenURL: args[5]},
		},
		Lag: kafka.Lag{ConsumerGroup: program.Name, Topics: []string{program.Name}},
	}`,
	server: "SCALERKIT_TEST_KAFKA_SASL",
	args: func(address string) []string {
		return []string{address, "scram_sha512", user, password, "disable", noTokens}
	},
	goal:    aFifthMore,
	prepare: makeTopic,
}, {
	name:    "nats",
	config:  `nats.Config{Endpoint: args[0], Account: "$G", Stream: program.Name, Consumer: program.Name}`,
	server:  "SCALERKIT_TEST_NATS_MONITORING",
	args:    func(address string) []string { return []string{address} },
	goal:    aFifthMore,
	prepare: makeConsumer,
}, {
	name:     "liiklus",
	config:   `liiklus.Config{Address: args[0], Topic: program.Name, Group: program.Name}`,
	unserved: true,
	args:     func(address string) []string { return []string{address} },
	goal:     aFifthMore,
}, {
	name:    "nsq",
	config:  `nsq.Config{Cluster: nsq.Cluster{Lookupds: args}, Topic: program.Name, Channel: program.Name}`,
	server:  "SCALERKIT_TEST_NSQ_LOOKUPD",
	args:    func(address string) []string { return []string{address} },
	goal:    aFifthMore,
	prepare: makeChannel,
}, {
	name: "pulsar",
	config: `pulsar.Config{
		AdminURL:     args[0],
		Access:       ` + access + `,
		Topic:        "public/default/orders",
		Subscription: "workers",
	}`,
	imports: []string{"driver", "driver/httpsource"},
	args:    func(string) []string { return []string{service(), user, password, noTokens} },
	goal:    aFifthMore,
}, {
	name:    "rabbitmq",
	config:  `rabbitmq.Config{Connection: rabbitmq.Connection{Host: scalerkit.NewSecret(args[0])}, QueueName: program.Name}`,
	server:  "SCALERKIT_TEST_RABBITMQ_AMQP",
	args:    func(url string) []string { return []string{url} },
	goal:    aFifthMore,
	prepare: makeQueue,
}, {
	name:     "temporal",
	config:   `temporal.Config{Server: temporal.Server{Endpoint: args[0], APIKey: scalerkit.NewSecret(args[1])}, TaskQueue: program.Name}`,
	unserved: true,
	args:     func(address string) []string { return []string{address, noKey} },
	goal:     aFifthMore,
}}
