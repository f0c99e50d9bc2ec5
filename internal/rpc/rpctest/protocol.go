// Package rpctest has servers of gRPC services for tests. What they say goes
// through the encoding of google.golang.org/protobuf by what a .proto file says,
// and so by none of our own.
package rpctest

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

var (
	comments = regexp.MustCompile(`//[^\n]*`)
	packages = regexp.MustCompile(`package ([\w.]+);`)
	services = regexp.MustCompile(`service (\w+) \{`)
	messages = regexp.MustCompile(`message (\w+) \{([^}]*)\}`)
	fields   = regexp.MustCompile(`(repeated )?(?:map<(\w+), (\w+)>|(\w+)) (\w+) = (\d+);`)
	methods  = regexp.MustCompile(`rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);`)
)

// Protocol returns what the text of a .proto file says, which has one service. It
// reads as much of the language as our files have, and registers nothing.
func Protocol(tb testing.TB, text string) protoreflect.FileDescriptor {
	tb.Helper()
	text = comments.ReplaceAllString(text, "")
	f := file{tb, packages.FindStringSubmatch(text)[1]}
	service := &descriptorpb.ServiceDescriptorProto{Name: &services.FindStringSubmatch(text)[1]}
	description := &descriptorpb.FileDescriptorProto{
		Syntax: proto.String("proto3"), Name: proto.String(f.pkg + ".proto"), Package: &f.pkg,
		Service: []*descriptorpb.ServiceDescriptorProto{service},
	}
	for _, m := range messages.FindAllStringSubmatch(text, -1) {
		description.MessageType = append(description.MessageType, f.message(m[1], m[2]))
	}
	for _, m := range methods.FindAllStringSubmatch(text, -1) {
		service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
			Name: &m[1], InputType: f.typeName(m[2]), OutputType: f.typeName(m[4]), ServerStreaming: proto.Bool(m[3] != ""),
		})
	}
	descriptor, err := protodesc.NewFile(description, new(protoregistry.Files))
	require.NoError(tb, err)
	return descriptor
}

// A file is one with that package.
type file struct {
	testing.TB
	pkg string
}

func (f file) typeName(name string) *string { return proto.String("." + f.pkg + "." + name) }

const (
	once = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	many = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
)

func (f file) message(name, body string) *descriptorpb.DescriptorProto {
	m := &descriptorpb.DescriptorProto{Name: &name}
	for _, found := range fields.FindAllStringSubmatch(body, -1) {
		repeated, key, value, typ, field := found[1] != "", found[2], found[3], found[4], found[5]
		number, err := strconv.ParseInt(found[6], 10, 32)
		require.NoError(f, err)
		label := once
		if repeated || key != "" {
			label = many
		}
		if key != "" {
			entry := entryOf(field)
			m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{
				Name: &entry, Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
				Field: []*descriptorpb.FieldDescriptorProto{f.field("key", 1, once, key), f.field("value", 2, once, value)},
			})
			typ = name + "." + entry
		}
		m.Field = append(m.Field, f.field(field, int32(number), label, typ))
	}
	return m
}

// entryOf returns the name that the entries of a map have to have.
func entryOf(field string) string {
	return string(field[0]-'a'+'A') + field[1:] + "Entry"
}

var scalars = map[string]descriptorpb.FieldDescriptorProto_Type{
	"string": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"bool":   descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	"int32":  descriptorpb.FieldDescriptorProto_TYPE_INT32,
	"int64":  descriptorpb.FieldDescriptorProto_TYPE_INT64,
	"uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32,
	"uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64,
	"double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
}

func (f file) field(name string, number int32, label descriptorpb.FieldDescriptorProto_Label, typ string) *descriptorpb.FieldDescriptorProto {
	one := &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Label: &label}
	if scalar, ok := scalars[typ]; ok {
		one.Type = &scalar
	} else {
		one.Type, one.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), f.typeName(typ)
	}
	return one
}
