package externaltest

import (
	_ "embed"
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

//go:embed externalscaler.proto
var source string

var (
	comments = regexp.MustCompile(`//[^\n]*`)
	messages = regexp.MustCompile(`message (\w+) \{([^}]*)\}`)
	fields   = regexp.MustCompile(`(repeated )?(map<string, string>|\w+) (\w+) = (\d+);`)
	methods  = regexp.MustCompile(`rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);`)
)

// Protocol returns what externalscaler.proto says. It reads as much of the
// language as that file has, and registers nothing.
func Protocol(tb testing.TB) protoreflect.FileDescriptor {
	tb.Helper()
	text := comments.ReplaceAllString(source, "")
	file := &descriptorpb.FileDescriptorProto{
		Syntax: proto.String("proto3"), Name: proto.String("externalscaler.proto"), Package: proto.String("externalscaler"),
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: proto.String("ExternalScaler")}},
	}
	for _, m := range messages.FindAllStringSubmatch(text, -1) {
		file.MessageType = append(file.MessageType, message(tb, m[1], m[2]))
	}
	for _, m := range methods.FindAllStringSubmatch(text, -1) {
		file.Service[0].Method = append(file.Service[0].Method, &descriptorpb.MethodDescriptorProto{
			Name: &m[1], InputType: typeName(m[2]), OutputType: typeName(m[4]), ServerStreaming: proto.Bool(m[3] != ""),
		})
	}
	descriptor, err := protodesc.NewFile(file, new(protoregistry.Files))
	require.NoError(tb, err)
	return descriptor
}

func typeName(name string) *string { return proto.String(".externalscaler." + name) }

func message(tb testing.TB, name, body string) *descriptorpb.DescriptorProto {
	tb.Helper()
	m := &descriptorpb.DescriptorProto{Name: &name}
	for _, f := range fields.FindAllStringSubmatch(body, -1) {
		number, err := strconv.ParseInt(f[4], 10, 32)
		require.NoError(tb, err)
		label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
		if f[1] != "" {
			label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
		}
		one := field(f[3], int32(number), label, f[2])
		if f[2] == "map<string, string>" {
			entry := "ScalerMetadataEntry"
			one = field(f[3], int32(number), descriptorpb.FieldDescriptorProto_LABEL_REPEATED, name+"."+entry)
			m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{
				Name: &entry, Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
				Field: []*descriptorpb.FieldDescriptorProto{
					field("key", 1, descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL, "string"),
					field("value", 2, descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL, "string"),
				},
			})
		}
		m.Field = append(m.Field, one)
	}
	return m
}

var scalars = map[string]descriptorpb.FieldDescriptorProto_Type{
	"string": descriptorpb.FieldDescriptorProto_TYPE_STRING,
	"bool":   descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	"int64":  descriptorpb.FieldDescriptorProto_TYPE_INT64,
	"double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
}

func field(name string, number int32, label descriptorpb.FieldDescriptorProto_Label, typ string) *descriptorpb.FieldDescriptorProto {
	f := &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Label: &label}
	if scalar, ok := scalars[typ]; ok {
		f.Type = &scalar
	} else {
		f.Type, f.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), typeName(typ)
	}
	return f
}
