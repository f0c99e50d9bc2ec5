# Servers that tests and benchmarks want beside them: see tools/testenv.
testenv := go run ./tools/testenv

# Tools are built once for each of their versions, which takes minutes.
golangci := bin/golangci-lint-v2.15.0
controllergen := bin/controller-gen-v0.20.1
helm := bin/helm-v3.22.0

FUZZTIME ?= 20s
OBJECTS ?= 1000

# The end-to-end tests are outside of the workspace: they take the newest Go and
# Kubernetes, the library the oldest.
e2e := GOWORK=off go -C tools/e2e

.PHONY: help test e2e cluster bench bench-hpa bench-cluster fuzz lint generate weight

help: ## Say what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 15

# Tests wait for servers about as much as they compute, so more packages run at once
# than there are cores.
test: $(controllergen) $(helm) ## Vet and test all modules, with the race detector, against real servers
	$(testenv) -tests -- -race -p 3 $(TESTFLAGS)

# What is tested is built by the tests, so that go does not know when a result of
# before is out of date.
e2e: ## Vet and test against a Kubernetes control plane, built if need be, and real servers
	$(e2e) vet ./...
	$(testenv) -- env $(e2e) test -count 1 -timeout 60m $(TESTFLAGS) ./...

bench: ## Run the benchmarks
	$(testenv) -- go test -run '^$$' -bench . -benchmem \
		$$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -r -n 1 dirname | sort -u)

cluster: ## Start a cluster to play with: control plane, operator, Redis and a ScaledObject
	$(e2e) run ./playground

bench-hpa: ## Measure the external metrics API through a Kubernetes API server
	$(e2e) run ./hpaload

bench-cluster: ## Measure the operator with 1,000 ScaledObjects, or OBJECTS (1000,5000), in a cluster, beside a bare client
	$(e2e) run ./clusterbench -objects $(OBJECTS)

fuzz: ## Run each fuzz test for FUZZTIME
	@grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file func; do \
		go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit; done

lint: $(golangci) ## Run the linters of .golangci.yml over all modules
	$(golangci) run $$(go list -m -f '{{.Dir}}/...')
	for module in tools/e2e tools/testenv/servers; do \
		(cd $$module && GOWORK=off $(CURDIR)/$(golangci) run ./...) || exit; done

generate: $(controllergen) $(helm) ## Write what is generated from the code
	go run ./tools/gendocs
	go run ./tools/deptest
	go run ./examples/operator/internal/gendeploy
	go run ./examples/replay -svg docs/replay.svg >/dev/null

weight: ## Measure what a source costs a program that imports it
	$(testenv) -- go run ./tools/weight $(SOURCES)

$(golangci): command := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(controllergen): command := sigs.k8s.io/controller-tools/cmd/controller-gen
$(helm): command := helm.sh/helm/v3/cmd/helm

# Programs and tests find a tool by its name without a version.
$(golangci) $(controllergen) $(helm):
	rm -f bin/$(notdir $(command))
	GOBIN=$(CURDIR)/bin go install $(command)@$(@:bin/$(notdir $(command))-%=%)
	mv bin/$(notdir $(command)) $@
	ln -s $(@F) bin/$(notdir $(command))
