import test from 'ava';
import { floatField, lengthField, message, varintField } from '../../src/models/onnx/protobuf-writer.ts';

const hex = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString('hex');

// https://protobuf.dev/programming-guides/encoding
test('fields are encoded as in the examples of the protobuf guide', (t) => {
  t.is(hex(varintField(1, 150)), '089601');
  t.is(hex(lengthField(2, 'testing')), '120774657374696e67');
  t.is(hex(lengthField(3, varintField(1, 150))), '1a03089601');
});

test('a negative number takes ten bytes, as int64 does', (t) => {
  t.is(hex(varintField(1, -2)), '08feffffffffffffffff01');
});

test('floats and fields above fifteen are encoded too', (t) => {
  t.is(hex(message(floatField(2, 1), varintField(20, 7))), '150000803fa00107');
});
