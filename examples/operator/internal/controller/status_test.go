package controller

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/scalerkit/scalerkit/keda/v1alpha1"
)

// A speaker says what it is told to.
type speaker struct{ words string }

func (s *speaker) Status() (client.Object, any, bool) {
	return &v1alpha1.ScaledJob{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "export", UID: "u"}},
		v1alpha1.ScaledJobStatus{Paused: s.words}, true
}

func (s *speaker) Guard(ctx context.Context) context.Context { return ctx }

func (s *speaker) Written() {}

// The API server is slow with what was said first.
func TestWhatIsSaidLaterIsWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scheme := runtime.NewScheme()
		require.NoError(t, v1alpha1.AddToScheme(scheme))
		slow := make(chan struct{})
		first := true
		c := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.ScaledJob{}).
			WithObjects(&v1alpha1.ScaledJob{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "export", UID: "u"}}).
			WithInterceptorFuncs(interceptor.Funcs{
				SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
					if first {
						first = false
						<-slow
					}
					return c.SubResource(sub).Patch(ctx, o, p, opts...)
				},
			}).Build()
		w := &StatusWriter{Client: c, Logger: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Start(ctx) }()
		s := &speaker{words: "before"}
		w.Enqueue(s)
		synctest.Wait()

		s.words = "after"
		impatient, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error)
		go func() { gaveUp <- w.WriteNow(impatient, s) }()
		written := make(chan error)
		go func() { written <- w.WriteNow(t.Context(), s) }()
		synctest.Wait()
		cancel()
		assert.True(t, errors.Is(<-gaveUp, context.Canceled))
		close(slow)
		require.NoError(t, <-written)

		var is v1alpha1.ScaledJob
		require.NoError(t, c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "export"}, &is))
		assert.Equal(t, "after", is.Status.Paused)
		stop()
		require.NoError(t, <-ended)
		synctest.Wait()
		assert.Empty(t, w.locks)
	})
}
