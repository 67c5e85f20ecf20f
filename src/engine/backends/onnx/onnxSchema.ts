import protobuf from 'protobufjs/light.js';

/**
 * The part of the ONNX format that Glassbox writes. Field numbers and names: onnx.proto of the ONNX project
 * (ir_version 10), names in protobufjs' camel case.
 */
const descriptor = {
  nested: {
    Model: message({
      irVersion: field('int64', 1),
      producerName: field('string', 2),
      graph: field('Graph', 7),
      opsetImport: list('OperatorSet', 8),
    }),
    OperatorSet: message({ domain: field('string', 1), version: field('int64', 2) }),
    Graph: message({
      node: list('Node', 1),
      name: field('string', 2),
      initializer: list('Tensor', 5),
      input: list('ValueInfo', 11),
      output: list('ValueInfo', 12),
    }),
    Node: message({
      input: list('string', 1),
      output: list('string', 2),
      name: field('string', 3),
      opType: field('string', 4),
      attribute: list('Attribute', 5),
      domain: field('string', 7),
    }),
    Attribute: message({
      name: field('string', 1),
      f: field('float', 2),
      i: field('int64', 3),
      s: field('bytes', 4),
      ints: list('int64', 8),
      type: field('int32', 20),
    }),
    Tensor: message({
      dims: list('int64', 1),
      dataType: field('int32', 2),
      name: field('string', 8),
      rawData: field('bytes', 9),
      externalData: list('Entry', 13),
      dataLocation: field('int32', 14),
    }),
    Entry: message({ key: field('string', 1), value: field('string', 2) }),
    ValueInfo: message({ name: field('string', 1), type: field('Type', 2) }),
    Type: message({ tensorType: field('TensorType', 1) }),
    TensorType: message({ elemType: field('int32', 1), shape: field('Shape', 2) }),
    Shape: message({ dim: list('Dimension', 1) }),
    Dimension: message({ dimValue: field('int64', 1), dimParam: field('string', 2) }),
  },
};

interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: 'repeated';
}

function message(fields: Record<string, Field>): { fields: Record<string, Field> } {
  return { fields };
}

function field(type: string, id: number): Field {
  return { type, id };
}

function list(type: string, id: number): Field {
  return { type, id, rule: 'repeated' };
}

/** `TensorProto.DataType` */
export const ELEMENT_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** `AttributeProto.AttributeType` */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** `TensorProto.DataLocation.EXTERNAL` */
export const EXTERNAL_LOCATION = 1;

export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: GraphMessage;
}

export interface GraphMessage {
  readonly name: string;
  readonly node: readonly NodeMessage[];
  readonly initializer: readonly TensorMessage[];
  readonly input: readonly ValueInfoMessage[];
  readonly output: readonly ValueInfoMessage[];
}

export interface NodeMessage {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeMessage[];
}

export interface AttributeMessage {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
}

export interface TensorMessage {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly rawData?: Uint8Array;
  readonly dataLocation?: number;
  readonly externalData?: readonly { readonly key: string; readonly value: string }[];
}

export interface ValueInfoMessage {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: {
        readonly dim: readonly { readonly dimValue?: number; readonly dimParam?: string }[];
      };
    };
  };
}

const modelType = protobuf.Root.fromJSON(descriptor).lookupType('Model');

/** The bytes of an ONNX model file. */
export function encodeModel(model: ModelMessage): Uint8Array {
  // A copy of its own: protobufjs cuts messages from a pool that it reuses.
  return Uint8Array.from(modelType.encode(modelType.fromObject({ ...model })).finish());
}
