package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mavenPackages are to fetch what is in no distribution but on Maven Central, and
// to run it.
var mavenPackages = debian{
	packages: []string{"openjdk-17-jre-headless", "maven"},
	programs: []string{"java", "mvn"},
}

// javaFlags are to run what is in a directory of jars. Tests are short: code that
// starts quickly is better than code that runs quickly.
func javaFlags(jars string) []string {
	return []string{"-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", filepath.Join(jars, "*")}
}

// mavenJars returns a directory with artifacts, each group:name:version, and all
// they depend on, after fetching them into the user's cache under that name, which
// has the version in it, if they are not there yet.
func mavenJars(ctx context.Context, name string, artifacts ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "scalerkit", name)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	// Nobody sees half of it, and of two that do it at once one is quicker.
	building, err := os.MkdirTemp(filepath.Dir(dir), "building-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(building) // nothing is there after it was renamed
	if err := mavenFetch(ctx, building, artifacts); err != nil {
		return "", err
	}
	if err := os.Rename(building, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// mavenFetch puts artifacts and all that they depend on at run time into dir.
func mavenFetch(ctx context.Context, dir string, artifacts []string) error {
	project := "<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies>"
	for _, a := range artifacts {
		part := strings.Split(a, ":")
		project += fmt.Sprintf("<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>", part[0], part[1], part[2])
	}
	project += "</dependencies></project>"
	pom := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(pom, []byte(project), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "--file", pom,
		"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, lastLines(out, 5))
	}
	return nil
}
