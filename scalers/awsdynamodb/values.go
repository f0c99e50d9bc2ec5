package awsdynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// decodeNames reads expressionAttributeNames. There are none in an empty text.
func decodeNames(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	names, err := as[map[string]string]([]byte(text))
	if err != nil {
		return nil, errors.New(`is not a JSON object of texts, such as {"#state": "state"}`)
	}
	return names, nil
}

// decodeValues reads expressionAttributeValues.
func decodeValues(text string) (map[string]types.AttributeValue, error) {
	raw, err := as[map[string]json.RawMessage]([]byte(text))
	if err != nil || len(raw) == 0 {
		return nil, errors.New(`is not a JSON object of values, such as {":state": {"S": "open"}}`)
	}
	return decodeMap(raw)
}

func decodeMap(raw map[string]json.RawMessage) (map[string]types.AttributeValue, error) {
	values := make(map[string]types.AttributeValue, len(raw))
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		v, err := decodeValue(raw[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = v
	}
	return values, nil
}

func decodeList(raw []json.RawMessage) ([]types.AttributeValue, error) {
	values := make([]types.AttributeValue, len(raw))
	for i, r := range raw {
		v, err := decodeValue(r)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		values[i] = v
	}
	return values, nil
}

// decodeValue reads an object with one member, whose name is the type of its value.
func decodeValue(raw json.RawMessage) (types.AttributeValue, error) {
	object, err := as[map[string]json.RawMessage](raw)
	if err == nil && len(object) == 1 {
		for name, r := range object {
			v, err := decodeType(name, r)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return v, nil
		}
	}
	return nil, errors.New(`is not an object with a type and a value, such as {"S": "open"}`)
}

func decodeType(name string, raw json.RawMessage) (types.AttributeValue, error) {
	switch name {
	case "S":
		v, err := want[string](raw, "a text")
		return &types.AttributeValueMemberS{Value: v}, err
	case "N":
		v, err := want[string](raw, `a number in quotation marks, such as "5"`)
		return &types.AttributeValueMemberN{Value: v}, err
	case "B":
		v, err := want[[]byte](raw, "a text in base64")
		return &types.AttributeValueMemberB{Value: v}, err
	case "BOOL":
		v, err := want[bool](raw, "true or false")
		return &types.AttributeValueMemberBOOL{Value: v}, err
	case "NULL":
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case "SS":
		v, err := want[[]string](raw, "a list of texts")
		return &types.AttributeValueMemberSS{Value: v}, err
	case "NS":
		v, err := want[[]string](raw, "a list of numbers in quotation marks")
		return &types.AttributeValueMemberNS{Value: v}, err
	case "BS":
		v, err := want[[][]byte](raw, "a list of texts in base64")
		return &types.AttributeValueMemberBS{Value: v}, err
	case "L":
		list, err := want[[]json.RawMessage](raw, "a list of values")
		if err != nil {
			return nil, err
		}
		v, err := decodeList(list)
		return &types.AttributeValueMemberL{Value: v}, err
	case "M":
		object, err := want[map[string]json.RawMessage](raw, "an object of values")
		if err != nil {
			return nil, err
		}
		v, err := decodeMap(object)
		return &types.AttributeValueMemberM{Value: v}, err
	}
	return nil, errors.New("is not one of the types S, N, B, BOOL, NULL, SS, NS, BS, L, M")
}

// want reads a value, which errors call what.
func want[T any](raw json.RawMessage, what string) (T, error) {
	v, err := as[T](raw)
	if err != nil {
		return v, errors.New("is not " + what)
	}
	return v, nil
}

// as reads a value, and refuses null in its place.
func as[T any](raw []byte) (v T, err error) {
	p := &v
	if err := json.Unmarshal(raw, &p); err != nil {
		return v, err
	}
	if p == nil {
		return v, errors.New("null")
	}
	return v, nil
}
