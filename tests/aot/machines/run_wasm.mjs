// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   node run_wasm.mjs PROGRAM.wasm    runs its `run`; put_line prints
import {readFileSync} from 'node:fs';

const bytes = readFileSync(process.argv[2]);
const decoder = new TextDecoder();
let memory;
const put_line = (address) => {
  const all = new Uint8Array(memory.buffer);
  console.log(decoder.decode(all.subarray(address, all.indexOf(0, address))));
};
const {instance} = await WebAssembly.instantiate(bytes, {env: {put_line}});
memory = instance.exports.memory;
process.exitCode = instance.exports.run();
