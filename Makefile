# Servers that tests and benchmarks want beside them: see internal/testenv.
testenv := go run ./internal/testenv

# The linter is built once for each of its versions, which takes minutes.
golangci := bin/golangci-lint-v2.15.0

FUZZTIME ?= 20s

.PHONY: help test bench fuzz lint generate weight

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

test: ## Vet and test all modules, with the race detector, against real servers
	$(testenv) -tests -- -race $(TESTFLAGS)

bench: ## Run the benchmarks
	$(testenv) -- go test -run '^$$' -bench . -benchmem \
		$$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -r -n 1 dirname | sort -u)

fuzz: ## Run each fuzz test for FUZZTIME
	@grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file func; do \
		go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit; done

lint: $(golangci) ## Run the linters of .golangci.yml over all modules
	$(golangci) run $$(go list -m -f '{{.Dir}}/...')

generate: ## Write what is generated from the code
	go run ./internal/gendocs

weight: ## Measure what a source costs a program that imports it
	$(testenv) -servers redis,rabbitmq,kafka,azurite,kinesis -- go run ./internal/weight $(SOURCES)

$(golangci):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(@:bin/golangci-lint-%=%)
	mv bin/golangci-lint $@
