import {
  allowGlobal,
  isModuleName,
  type PickleDict,
  PickleGlobal,
  PickleList,
  PickleTuple,
  type PickleValue,
  reduce,
  resolveStorage,
} from './pickle-values.ts';

/** Marks the start of the items that a later opcode gathers. */
const MARK = Symbol('mark');

/** Byte of each opcode that torch.save writes for a state dict (CPython's Lib/pickletools.py has them all). */
const OPCODES: Readonly<Record<number, (machine: PickleMachine) => void>> = {
  [0x80]: (machine) => machine.protocol(),
  [code('c')]: (machine) => machine.global(`${machine.readLine()}.${machine.readLine()}`),
  [code('q')]: (machine) => machine.remember(machine.readNumber(1)),
  [code('r')]: (machine) => machine.remember(machine.readNumber(4)),
  [code('h')]: (machine) => machine.recall(machine.readNumber(1)),
  [code('j')]: (machine) => machine.recall(machine.readNumber(4)),
  [code('(')]: (machine) => machine.pushMark(),
  [code('t')]: (machine) => machine.push(new PickleTuple(machine.popToMark())),
  [0x85]: (machine) => machine.push(new PickleTuple(machine.popItems(1))),
  [0x86]: (machine) => machine.push(new PickleTuple(machine.popItems(2))),
  [0x87]: (machine) => machine.push(new PickleTuple(machine.popItems(3))),
  [code(')')]: (machine) => machine.push(new PickleTuple([])),
  [code('}')]: (machine) => machine.push(new Map()),
  [code('s')]: (machine) => machine.setItems(machine.popItems(2)),
  [code('u')]: (machine) => machine.setItems(machine.popToMark()),
  [code('X')]: (machine) => machine.push(machine.readText()),
  [code('J')]: (machine) => machine.push(machine.readNumber(4)),
  [code('K')]: (machine) => machine.push(machine.readNumber(1)),
  [code('M')]: (machine) => machine.push(machine.readNumber(2)),
  [0x89]: (machine) => machine.push(false),
  [code('Q')]: (machine) => machine.push(resolveStorage(machine.pop())),
  [code('R')]: (machine) => machine.call(),
  [code('b')]: (machine) => machine.build(),
};

/** Those of plain data, which a training checkpoint has beside its state dict: the state of the optimizer, the epoch. */
const DATA_OPCODES: typeof OPCODES = {
  [0x88]: (machine) => machine.push(true),
  [code('N')]: (machine) => machine.push(null),
  [code('G')]: (machine) => machine.push(machine.readFloat()),
  [0x8a]: (machine) => machine.push(machine.readLong()),
  [code(']')]: (machine) => machine.push(new PickleList()),
  [code('a')]: (machine) => machine.append(machine.popItems(1)),
  [code('e')]: (machine) => machine.append(machine.popToMark()),
};

/** Those that TorchScript writes as well: its modules are objects with their parameters as a state. */
const SCRIPT_OPCODES: typeof OPCODES = {
  [0x81]: (machine) => machine.module(),
  [0x88]: (machine) => machine.push(true),
  [code('N')]: (machine) => machine.push(null),
};
const STOP = code('.');

function code(letter: string): number {
  return letter.charCodeAt(0);
}

/**
 * Reads the pickle of a state dict without executing anything: only the opcodes above exist, and the names it may
 * refer to are those of `allowGlobal`. Each opcode is read once and shares what it refers to, so time and memory
 * are bounded by the pickle's length. Of a TorchScript program the modules are dictionaries of what they hold.
 *
 * @throws RangeError naming the opcode or the name that is not allowed
 */
export function unpickle(pickle: Buffer, options: PickleOptions): PickleValue {
  const { maxBytes, isScript, readsData } = options;
  if (pickle.length > maxBytes) throw new RangeError(`its pickle has ${pickle.length} bytes`);
  const machine = new PickleMachine(pickle, options);
  const opcodes = { ...OPCODES, ...(readsData && DATA_OPCODES), ...(isScript && SCRIPT_OPCODES) };
  for (;;) {
    const opcode = machine.readNumber(1);
    if (opcode === STOP) return machine.result();
    const execute = opcodes[opcode];
    if (!execute) {
      throw new RangeError(
        `its pickle has the opcode 0x${opcode.toString(16).padStart(2, '0')}, which no state dict needs; nothing was executed`,
      );
    }
    execute(machine);
  }
}

/** What kind of pickle is read, and how long it may be. */
export interface PickleOptions {
  readonly maxBytes: number;
  readonly isScript: boolean;
  /** Whether lists, fractions, parameters and the like may stand in it. */
  readonly readsData?: boolean | undefined;
}

class PickleMachine {
  readonly #pickle: Buffer;
  readonly #isScript: boolean;
  readonly #readsData: boolean;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #offset = 0;

  constructor(pickle: Buffer, { isScript, readsData = false }: PickleOptions) {
    this.#pickle = pickle;
    this.#isScript = isScript;
    this.#readsData = readsData;
  }

  readNumber(bytes: 1 | 2 | 4): number {
    const at = this.#advance(bytes);
    // BININT alone is signed.
    return bytes === 4 ? this.#pickle.readInt32LE(at) : this.#pickle.readUIntLE(at, bytes);
  }

  readFloat(): number {
    return this.#pickle.readDoubleBE(this.#advance(8));
  }

  /** LONG1: a whole number in as many bytes as it takes; beyond 2^53 it is rounded, and is no count of anything. */
  readLong(): number {
    const bytes = this.readNumber(1);
    const at = this.#advance(bytes);
    if (bytes > 8) throw new RangeError(`its pickle has a number of ${bytes} bytes (opcode LONG1)`);
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256n + BigInt(this.#pickle[at + i]!);
    return Number(BigInt.asIntN(8 * bytes, value));
  }

  readLine(): string {
    const end = this.#pickle.indexOf('\n', this.#offset);
    if (end < 0) throw cut();
    const line = this.#pickle.toString('utf8', this.#offset, end);
    this.#offset = end + 1;
    return line;
  }

  readText(): string {
    const bytes = this.#pickle.readUInt32LE(this.#advance(4));
    const start = this.#advance(bytes);
    return this.#pickle.toString('utf8', start, start + bytes);
  }

  protocol(): void {
    const version = this.readNumber(1);
    if (version !== 2)
      throw new RangeError(`its pickle has the protocol ${version}, where torch.save writes 2`);
  }

  global(name: string): void {
    this.push(
      this.#isScript && isModuleName(name) ? new PickleGlobal(name) : allowGlobal(name, this.#readsData),
    );
  }

  /** NEWOBJ: an object of a class of the program, of which nothing is known but what will be its state. */
  module(): void {
    const parameters = this.pop();
    const callee = this.pop();
    if (
      !(callee instanceof PickleGlobal && isModuleName(callee.name)) ||
      !(parameters instanceof PickleTuple)
    )
      throw new RangeError('its pickle makes an object that is no module (opcode NEWOBJ)');
    this.push(new Map());
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pushMark(): void {
    this.#stack.push(MARK);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw new RangeError('its pickle takes from an empty stack');
    return value;
  }

  popItems(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  popToMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw new RangeError('its pickle gathers items without a mark');
    const items = this.#stack.splice(at) as (PickleValue | typeof MARK)[];
    return items.slice(1) as PickleValue[];
  }

  remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw new RangeError('its pickle recalls what it has not remembered (opcode BINGET or LONG_BINGET)');
    this.push(value);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.#topDict();
    if (items.length % 2 !== 0)
      throw new RangeError('its pickle has a key without a value (opcode SETITEMS)');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw new RangeError('its pickle has a dictionary with a key that is neither a text nor a number');
      dict.set(key, items[i + 1]!);
    }
  }

  append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList))
      throw new RangeError('its pickle appends to something that is no list');
    for (const item of items) list.items.push(item);
  }

  call(): void {
    const parameters = this.pop();
    this.push(reduce(this.pop(), parameters));
  }

  /**
   * A state dict carries `_metadata` as an attribute; attributes say nothing about weights and are dropped. Those of a
   * program's modules are what they are made of.
   */
  build(): void {
    const state = this.pop();
    const target = this.#topDict();
    if (!(state instanceof Map))
      throw new RangeError('its pickle sets a state that is no dictionary (opcode BUILD)');
    if (this.#isScript) for (const [name, value] of state) target.set(name, value);
  }

  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#offset < this.#pickle.length) {
      throw new RangeError('its pickle stops before its end');
    }
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw new RangeError('its pickle takes from an empty stack');
    return value;
  }

  #topDict(): PickleDict {
    const dict = this.#top();
    if (!(dict instanceof Map)) throw new RangeError('its pickle fills something that is no dictionary');
    return dict;
  }

  #advance(bytes: number): number {
    const at = this.#offset;
    if (at + bytes > this.#pickle.length) throw cut();
    this.#offset = at + bytes;
    return at;
  }
}

function cut(): RangeError {
  return new RangeError('its pickle ends in the middle');
}
