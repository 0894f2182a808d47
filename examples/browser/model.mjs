// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A model that graphc compiled for WebAssembly: its exports, and the memory map that graphc writes beside the object. Knows no model:
// all names, sizes and places come from the map.

const types = {f32: Float32Array, i32: Int32Array, u32: Uint32Array, u8: Uint8Array};

export class Model {
  // bytes: the linked module; map: PREFIX.json
  static async load(bytes, map) {
    const {instance} = await WebAssembly.instantiate(bytes, {});
    return new Model(instance.exports, map);
  }

  constructor(exports, map) {
    this.exports = exports;
    this.rows = map.max_rows;
    let end = exports.__heap_base.value;
    const take = (bytes) => {
      const begin = Math.ceil(end / 64) * 64;
      end = begin + bytes;
      return begin;
    };
    const params = take(map.params.bytes), state = take(map.state.bytes);
    const workspace = take(Math.max(...map.entries.map((entry) => entry.workspace.bytes)));

    // Arguments by name: entries that have one of the same name share its place.
    const places = {};
    const place = ({name, type, shape}) => {
      const count = shape.reduce((product, size) => product * (size < 0 ? -size * this.rows : size), 1);
      return (places[name] ??= {type, count, address: take(4 * count)}).address;
    };
    this.calls = {};
    for (const {name, symbol, inputs, outputs, hypers} of map.entries) {
      const pointers = [...inputs, ...outputs].map(place), list = take(4 * pointers.length), numbers = take(4 + 4 * hypers.length);
      this.calls[name] = {symbol, pointers, list, numbers, hypers, outputs: list + 4 * inputs.length};
    }

    const memory = exports.memory, missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const view = (type, address, count) => new types[type](memory.buffer, address, count);
    this.bytes = {params: view('u8', params, map.params.bytes), state: view('u8', state, map.state.bytes)};
    this.variables = {};
    for (const [region, begin] of [['params', params], ['state', state]])
      for (const {name, type, offset, bytes} of map[region].tensors) this.variables[name] = view(type, begin + offset, bytes / 4);
    this.arrays = {};
    for (const [name, {type, count, address}] of Object.entries(places)) this.arrays[name] = view(type, address, count);
    for (const call of Object.values(this.calls)) {
      view('u32', call.list, call.pointers.length).set(call.pointers);
      view('u32', call.numbers, 1)[0] = 4 + 4 * call.hypers.length;
      call.values = call.hypers.map(({type, default: value}, i) => (view(type, call.numbers + 4 + 4 * i, 1)[0] = value, view(type, call.numbers + 4 + 4 * i, 1)));
    }
    this.regions = [params, state, workspace];
  }

  // Inputs stand in `arrays` before, outputs after. hyper: {name: value}; a value is kept for the next call.
  call(entry, rows, hyper = {}) {
    const {symbol, list, numbers, hypers, outputs, values} = this.calls[entry];
    hypers.forEach(({name}, i) => { if (name in hyper) values[i][0] = hyper[name]; });
    const status = this.exports[symbol](...this.regions, list, outputs, rows, numbers, 0);
    if (status) throw new Error(`${entry}: status ${status}`);
  }

  init(seed) { this.call('init', 1, {seed_lo: seed}); }
}
