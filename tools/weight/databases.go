package main

// databases are what is asked by a query language or a client of its own.
var databases = []source{{
	name:   "etcd",
	config: `etcd.Config{Server: etcd.Server{Endpoints: args}, Key: program.Name, Value: 1}`,
	server: "SCALERKIT_TEST_ETCD",
	args:   func(address string) []string { return []string{address} },
	goal:   aFifthMore,

	prepare: makeKey,
}, {
	name: "mongodb",
	config: `mongodb.Config{
		Server:   mongodb.Server{ConnectionString: scalerkit.NewSecret(args[0])},
		Database: "shop", Collection: program.Name, Query: "{}", Value: 1,
	}`,
	server: "SCALERKIT_TEST_MONGODB",
	args:   func(address string) []string { return []string{"mongodb://" + address + "/"} },
	goal:   aFifthMore,
}, {
	name:     "mssql",
	config:   `mssql.Config{Server: mssql.Server{Connection: scalerkit.NewSecret(args[0])}, Query: "SELECT 1", Target: 1}`,
	unserved: true,
	args: func(address string) []string {
		return []string{"sqlserver://" + user + ":" + password + "@" + address + "?database=master", noKey, noKey}
	},
	goal: aFifthMore,
}, {
	name:   "mysql",
	config: `mysql.Config{Server: mysql.Server{Connection: scalerkit.NewSecret(args[0])}, Query: "SELECT 1", Target: 1}`,
	server: "SCALERKIT_TEST_MYSQL",
	args: func(address string) []string {
		return []string{user + ":" + password + "@tcp(" + address + ")/scalerkit?tls=skip-verify", noKey, noKey}
	},
	goal: aFifthMore,
}, {
	name:   "postgresql",
	config: `postgresql.Config{Server: postgresql.Server{Connection: scalerkit.NewSecret(args[0])}, Query: "SELECT 1", Target: 1}`,
	server: "SCALERKIT_TEST_POSTGRESQL",
	args: func(address string) []string {
		return []string{"postgres://" + user + ":" + password + "@" + address + "/postgres?sslmode=require"}
	},
	goal: aFifthMore,
}, {
	name: "redis",
	config: `redis.Config{
		Server:   redis.Server{Addresses: args[:1], Password: scalerkit.NewSecret(args[1])},
		ListName: program.Name,
	}`,
	server: "SCALERKIT_TEST_REDIS",
	args:   func(address string) []string { return []string{address, password} },
	goal:   func(weight) weight { return weight{modules: 8, size: 10, resident: 14} },
}}
