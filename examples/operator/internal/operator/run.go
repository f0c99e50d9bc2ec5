package operator

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"

	"github.com/go-logr/logr"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/scalerkit/scalerkit"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/admission"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth"
	"github.com/scalerkit/scalerkit/examples/operator/internal/auth/store"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/authentication"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledjob"
	"github.com/scalerkit/scalerkit/examples/operator/internal/controller/scaledobject"
	"github.com/scalerkit/scalerkit/examples/operator/internal/endpoints"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/examples/operator/internal/mirror"
	"github.com/scalerkit/scalerkit/examples/operator/internal/telemetry"
	"github.com/scalerkit/scalerkit/examples/operator/internal/workload"
	"github.com/scalerkit/scalerkit/hpa"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
	"github.com/scalerkit/scalerkit/scalers/all"
)

// What was built. The linker sets it.
var (
	Version = "dev"
	Commit  = "unknown"
)

// NewLogger returns the logger of the operator: a line of JSON for each entry.
func NewLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// decisions bounds what is carried out at once. After a burst the API server has
// to hear of all workloads before it is busy with their pods: with a quarter as
// many at once, the last of a thousand waited ten times as long for its turn.
const decisions = 256

// Run runs the operator until ctx ends, or until it has lost its lease.
func Run(ctx context.Context, c Config, getenv func(string) (string, bool), log *slog.Logger) error {
	if _, set := getenv("GOGC"); !set {
		debug.SetGCPercent(25) // most of the memory is what is known of the objects, and little is garbage
	}
	ctrl.SetLogger(logr.FromSlogHandler(log.Handler()))
	klog.SetSlogLogger(log)
	redis.SetLogger(&logging.VoidLogger{}) // what the client has to say is in the errors that it returns
	cluster, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("no cluster: %w", err)
	}
	cluster.QPS = -1 // the API server knows best how much it can take
	cluster.DisableCompression = true
	cluster.UserAgent = "scalerkit-operator/" + Version
	elected, err := newLease(cluster, c)
	if err != nil {
		return err
	}
	shared, err := newSharing(cluster, c, elected, log)
	if err != nil {
		return err
	}
	statuses := scaledobject.NewStatuses()
	m, err := newManager(cluster, c, elected, statuses)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "starting", "version", Version, "commit", Commit, "direct", c.Direct, "namespaces", c.WatchNamespaces)
	warn(ctx, c, getenv, log)
	rounds, end, err := recordRounds(c, log)
	if err != nil {
		return err
	}
	defer end()
	if err := setUp(ctx, m, c, elected, statuses, shared, rounds, getenv, log); err != nil {
		return err
	}
	return shared.start(ctx, m)
}

func newManager(cluster *rest.Config, c Config, elected *lease, statuses *scaledobject.Statuses) (manager.Manager, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	return ctrl.NewManager(cluster, manager.Options{
		Scheme: scheme,
		Cache:  cacheOptions(c, statuses),
		Client: client.Options{Cache: &client.CacheOptions{
			DisableFor: []client.Object{
				&corev1.Secret{}, &corev1.ConfigMap{}, &corev1.ServiceAccount{}, &corev1.LimitRange{},
				// Of these the cache has less than the whole.
				&appsv1.Deployment{}, &appsv1.StatefulSet{}, &autoscalingv2.HorizontalPodAutoscaler{}, &batchv1.Job{}, &corev1.Pod{},
			},
		}},
		Metrics:                             metricsserver.Options{BindAddress: c.MetricsAddress},
		HealthProbeBindAddress:              c.HealthAddress,
		PprofBindAddress:                    c.ProfilingAddress,
		LeaderElection:                      c.LeaderElect,
		LeaderElectionID:                    c.LeaderElectionID, // for the metric
		LeaderElectionResourceLockInterface: elected,
		LeaderElectionReleaseOnCancel:       true, // Run is the last thing that the program does
		LeaseDuration:                       &elected.duration,
		RenewDeadline:                       c.RenewDeadline,
		RetryPeriod:                         c.RetryPeriod,
	})
}

// setUp adds everything to the manager.
func setUp(ctx context.Context, m manager.Manager, c Config, elected *lease, statuses *scaledobject.Statuses, shared *sharing, rounds *controller.Rounds, getenv func(string) (string, bool), log *slog.Logger) error {
	live, err := client.NewWithWatch(m.GetConfig(), client.Options{HTTPClient: m.GetHTTPClient(), Scheme: m.GetScheme(), Mapper: m.GetRESTMapper()})
	if err != nil {
		return err
	}
	kinds, err := discovery.NewDiscoveryClientForConfigAndClient(m.GetConfig(), m.GetHTTPClient())
	if err != nil {
		return err
	}
	certificate, err := serveCertificate(ctx, m, c, live, log)
	if err != nil {
		return err
	}
	pool := &scalerkit.Pool{}
	stats := telemetry.New(Version, Commit)
	stats.Connections = pool.Len
	if err := metrics.Registry.Register(stats); err != nil {
		return err
	}
	provider := &hpa.Provider{Observe: stats.Requested}
	core := newCore(m, c, live, pool, stats, getenv, log)
	stats.Drivers = core.Opener.Registry
	core.Rounds = rounds
	if c.LeaderElect {
		core.Holds = elected.held
	}
	scaledObjects := &scaledobject.Reconciler{
		Core: core, Statuses: statuses, Provider: provider, Direct: c.Direct, MaxConcurrentReconciles: c.ScaledObjects,
	}
	if err := serveMetrics(ctx, m, c, shared, scaledObjects, certificate, log); err != nil {
		return err
	}
	core.Workloads.Changed = scaledObjects.TargetChanged
	core.Workloads.Resources = kinds.ServerResourcesForGroupVersion
	if err := scaledObjects.SetUp(ctx, m); err != nil {
		return err
	}
	scaledJobs := &scaledjob.Reconciler{
		Core: core, Version: Version, MaxConcurrentReconciles: c.ScaledJobs,
		Tracker: &jobs.Tracker{Client: m.GetClient(), Reader: live},
	}
	if err := scaledJobs.SetUp(ctx, m); err != nil {
		return err
	}
	if shared != nil {
		core.Shards = shared.Keeper
		if err := shared.setUp(m, log, scaledObjects, scaledJobs); err != nil {
			return err
		}
	}
	for _, kind := range []string{v1alpha1.KindTriggerAuthentication, v1alpha1.KindClusterTriggerAuthentication} {
		if err := (&authentication.Reconciler{Core: core, Kind: kind}).SetUp(m); err != nil {
			return err
		}
	}
	if c.WebhookAddress != "0" {
		webhook := &admission.Webhook{
			Live: live, Scheme: m.GetScheme(), Registry: core.Opener.Registry,
			Direct: c.Direct, Namespaces: c.WatchNamespaces, Selector: c.WatchSelector, Validated: stats.Validated,
		}
		if err := serveWebhook(ctx, m, c.WebhookAddress, webhook, certificate.get, log); err != nil {
			return err
		}
	}
	for _, each := range []manager.Runnable{core.Status, core.Events, controller.Everywhere(core.Runner.Run)} {
		if err := m.Add(each); err != nil {
			return err
		}
	}
	return addProbes(m)
}

// newCore returns what the controllers share.
func newCore(m manager.Manager, c Config, live client.WithWatch, pool *scalerkit.Pool, stats *telemetry.Telemetry, getenv func(string) (string, bool), log *slog.Logger) *controller.Core {
	options := scalerkit.Options{
		Pool: pool, Logger: log, HTTP: c.HTTP, TLSConfig: c.TLS, IdentityEndpoints: c.IdentityEndpoints,
	}
	core := &controller.Core{
		Client:     m.GetClient(),
		Cache:      m.GetCache(),
		Live:       live,
		Namespaces: c.WatchNamespaces,
		Runner:     &control.Runner{Logger: log, Exchanged: stats.Exchanged, Decisions: decisions},
		Workloads:  &workload.Workloads{Client: m.GetClient(), Live: live, Cache: m.GetCache(), Mapper: m.GetRESTMapper()},
		Status:     &controller.StatusWriter{Client: m.GetClient(), Logger: log},
		Telemetry:  stats,
		Logger:     log,
		Elected:    m.Elected(),
		Opener: &controller.Opener{
			Registry: all.RegistryWith(all.Cluster{
				Endpoints: endpoints.Lookup(live),
				Objects:   &mirror.Cluster{Client: live, RestrictSecrets: c.RestrictSecrets, SecretNamespace: c.ClusterNamespace},
			}),
			Options: options,
			Resolver: &auth.Resolver{
				Reader:         m.GetClient(),
				Version:        controller.VersionsOf(m.GetCache()),
				Tokens:         m.GetClient(),
				TokenExpiry:    c.TokenExpiry,
				TokenPolicy:    c.TokenPolicy,
				VaultTokenFile: c.VaultTokenFile,
				VaultEndpoints: c.VaultEndpoints,
				Logger:         log,

				IdentityEndpoints: c.IdentityEndpoints,
				ClusterNamespace:  c.ClusterNamespace,
				RestrictSecrets:   c.RestrictSecrets,
				FileRoot:          c.FileRoot,
				Transport:         store.NewTransport(options),
				LookupEnv:         getenv,
			},
		},
	}
	core.Events = &controller.Recorder{Client: m.GetClient(), Reports: core.Reports}
	return core
}

// addProbes adds /healthz and /readyz. A replica is ready once it knows the
// objects; what becomes of sources is no matter.
func addProbes(m manager.Manager) error {
	var synced atomic.Bool
	if err := m.Add(controller.Everywhere(func(context.Context) error { synced.Store(true); return nil })); err != nil {
		return err
	}
	if err := m.AddHealthzCheck("ping", func(*http.Request) error { return nil }); err != nil {
		return err
	}
	return m.AddReadyzCheck("objects", func(*http.Request) error {
		if !synced.Load() {
			return fmt.Errorf("the API server has not listed the objects yet")
		}
		return nil
	})
}
