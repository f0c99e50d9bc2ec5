package jobs_test

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/scalerkit/scalerkit/autoscale"
	"github.com/scalerkit/scalerkit/autoscale/control"
	"github.com/scalerkit/scalerkit/examples/operator/internal/jobs"
	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

func Example() {
	tracker := &jobs.Tracker{ /* Client: manager.GetClient(), Reader: manager.GetAPIReader() */ }
	// tracker.Watch(ctx, manager.GetCache())

	export := &v1alpha1.ScaledJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "export", Generation: 3},
		Spec:       v1alpha1.ScaledJobSpec{JobTargetRef: &batchv1.JobSpec{}},
	}
	template := jobs.Template(export, "", "a3bff2")
	loop := control.Loop{Jobs: &control.JobLoop{
		Policy: autoscale.JobPolicy{Max: 10},
		Jobs:   &jobs.Jobs{Tracker: tracker, ScaledJob: client.ObjectKeyFromObject(export), Template: template},
	}}
	fmt.Println(loop.Jobs.Policy.(autoscale.JobPolicy).Max, template.GenerateName, template.Annotations)
	// Output: 10 export- map[scaledjob.keda.sh/generation:3 scalerkit.dev/job-target-ref:a3bff2]
}
