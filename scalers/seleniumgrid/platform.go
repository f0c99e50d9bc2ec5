package seleniumgrid

import "strings"

// A platform is one as the Grid knows it. Its family is empty if it has none.
type platform struct{ name, family string }

// standsFor reports whether one platform is as good as the other.
func (p platform) standsFor(other platform) bool {
	return p.name == other.name || p.family != "" && p.family == other.family
}

// platformOf returns the platform with a name or an alias. None is any.
func platformOf(name string) platform {
	name = strings.ToLower(name)
	if p, known := platforms[name]; known {
		return p
	}
	return platform{name: name}
}

// platforms are those that have aliases or a family, by all of their names.
var platforms = func() map[string]platform {
	all := make(map[string]platform)
	add := func(family string, members ...string) {
		for _, member := range members {
			names := strings.Split(member, "|")
			for _, name := range names {
				all[name] = platform{names[0], family}
			}
		}
	}
	add("", "any|", "mac|darwin|macos|mac os x|os x", "android|dalvik")
	add("windows",
		"windows xp|windows server 2003|xp|winnt|windows_nt|windows nt", "windows vista|windows server 2008", "windows 7|win7",
		"windows 8|windows server 2012|win8", "windows 8.1|win8.1", "windows 10|win10", "windows 11|win11")
	add("mac",
		"os x 10.6|macos 10.6|snow leopard", "os x 10.8|macos 10.8|mountain lion", "os x 10.9|macos 10.9|mavericks",
		"os x 10.10|macos 10.10|yosemite", "os x 10.11|macos 10.11|el capitan", "os x 10.12|macos 10.12|sierra",
		"os x 10.13|macos 10.13|high sierra", "os x 10.14|macos 10.14|mojave", "os x 10.15|macos 10.15|catalina",
		"os x 11.0|macos 11.0|big sur", "os x 12.0|macos 12.0|monterey", "os x 13.0|macos 13.0|ventura",
		"os x 14.0|macos 14.0|sonoma", "os x 15.0|macos 15.0|sequoia")
	add("unix", "linux", "bsd", "solaris")
	return all
}()
