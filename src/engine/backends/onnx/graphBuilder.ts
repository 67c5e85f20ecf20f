import type { OrtInitializer, SessionNames, TensorData } from '../../../../native/onnxruntime/runtime.ts';
import type {
  AttributeMessage,
  ElementType,
  NodeMessage,
  TensorMessage,
  ValueInfoMessage,
} from './onnxSchema.ts';
import { ATTRIBUTE_TYPES, ELEMENT_TYPES, EXTERNAL_LOCATION, encodeModel } from './onnxSchema.ts';

/** A name of a value in the graph: input, initializer or output of a node. `''` leaves an optional input out. */
export type ValueName = string;

/** A number is fixed, a string names a dimension that differs from run to run. */
export type SymbolicShape = readonly (number | string)[];

export type AttributeValue = { readonly float: number } | number | string | readonly number[];

/** A graph and what a session needs to run it. */
export interface BuiltGraph {
  readonly model: Uint8Array;
  readonly names: SessionNames;
  readonly initializers: readonly OrtInitializer[];
}

/** The first with TensorScatter. */
const OPSET = 24;

/** Tensors below this many bytes are written into the model itself. */
const INLINE_BYTES = 256;

/** Writes an ONNX graph node by node. Values are named by whoever adds them; every name is used once. */
export class GraphBuilder {
  readonly #nodes: NodeMessage[] = [];
  readonly #tensors: TensorMessage[] = [];
  readonly #inputs: ValueInfoMessage[] = [];
  readonly #outputs: ValueInfoMessage[] = [];
  readonly #initializers: OrtInitializer[] = [];
  readonly #shared = new Set<ValueName>();
  /** Of the operators in use; a session refuses a domain that nobody has registered. */
  readonly #domains = new Set<string>(['', 'com.microsoft']);

  input(name: ValueName, type: ElementType, shape: SymbolicShape): ValueName {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: ValueName, type: ElementType, shape: SymbolicShape): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** A weight over the caller's memory, which must not change until the session is created. */
  weight(name: ValueName, data: TensorData, shape: readonly number[]): ValueName {
    const tensor = { name, dataType: ELEMENT_TYPES[elementTypeOf(data)], dims: shape };
    if (data.byteLength <= INLINE_BYTES) {
      this.#tensors.push({ ...tensor, rawData: bytesOf(data) });
      return name;
    }
    this.#tensors.push({
      ...tensor,
      dataLocation: EXTERNAL_LOCATION,
      externalData: [
        { key: 'location', value: name },
        { key: 'offset', value: '0' },
        { key: 'length', value: String(data.byteLength) },
      ],
    });
    this.#initializers.push({ name, data, shape });
    return name;
  }

  /** A small constant vector of int64. */
  int64s(values: readonly number[]): ValueName {
    const name = `int64s[${values.join(',')}]`;
    return this.once(name, () => this.weight(name, BigInt64Array.from(values, BigInt), [values.length]));
  }

  /** A single-precision constant. */
  float(value: number): ValueName {
    const name = `float[${value}]`;
    return this.once(name, () => this.weight(name, Float32Array.of(value), [1]));
  }

  /** A value that several parts of the graph ask for: `add` makes it the first time. */
  once(name: ValueName, add: () => void): ValueName {
    if (!this.#shared.has(name)) {
      this.#shared.add(name);
      add();
    }
    return name;
  }

  /** A node with one output, named `name`. */
  node(
    operator: string,
    name: ValueName,
    inputs: readonly ValueName[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): ValueName {
    this.nodes(operator, [name], inputs, attributes);
    return name;
  }

  /** A node of any number of outputs; `''` leaves an optional output out. Operator: `Name`, `com.microsoft.Name` or `glassbox.Name`. */
  nodes(
    operator: string,
    outputs: readonly ValueName[],
    inputs: readonly ValueName[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
  ): void {
    const split = operator.lastIndexOf('.');
    const domain = split < 0 ? '' : operator.slice(0, split);
    this.#domains.add(domain);
    this.#nodes.push({
      name: `${outputs.find((output) => output !== '') ?? operator}/node`,
      opType: operator.slice(split + 1),
      domain,
      input: inputs,
      output: outputs,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
  }

  build(graphName: string): BuiltGraph {
    const model = encodeModel({
      irVersion: 10,
      producerName: 'glassbox',
      opsetImport: [...this.#domains].map((domain) => ({ domain, version: domain === '' ? OPSET : 1 })),
      graph: {
        name: graphName,
        node: this.#nodes,
        initializer: this.#tensors,
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return {
      model,
      names: {
        inputs: this.#inputs.map(({ name }) => name),
        outputs: this.#outputs.map(({ name }) => name),
      },
      initializers: this.#initializers,
    };
  }
}

function elementTypeOf(data: TensorData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int32Array) return 'int32';
  return 'int64';
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function valueInfo(name: ValueName, type: ElementType, shape: SymbolicShape): ValueInfoMessage {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

function attribute(name: string, value: AttributeValue): AttributeMessage {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPES.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPES.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float };
  return { name, type: ATTRIBUTE_TYPES.ints, ints: value };
}
