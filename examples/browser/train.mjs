// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The page's training without the page:
//   node train.mjs DIGITS.wasm DIGITS.json DIGITS.csv    15 epochs on the digits
//   node train.mjs DIGITS.wasm DIGITS.json               ten steps on random rows; prints what tests/aot/jit_digits does
//   node train.mjs DIGITS.wasm DIGITS.json DIGITS.csv SECONDS     microseconds a step
import {readFileSync} from 'node:fs';

import {Model} from './model.mjs';
import {hash, readDigits, Training} from './training.mjs';

const [wasm, map, csv, seconds] = process.argv.slice(2);
const model = await Model.load(readFileSync(wasm), JSON.parse(readFileSync(map, 'utf8')));
const hexadecimal = (value) => value.toString(16).padStart(8, '0');

if (!csv) tenSteps();
else if (!seconds) fifteenEpochs(new Training(model, readDigits(readFileSync(csv, 'utf8'))));
else time(new Training(model, readDigits(readFileSync(csv, 'utf8'))));

function tenSteps() {  // tests/aot/rows.h
  const {x, y, loss} = model.arrays;
  model.init(1);
  for (let step = 0; step < 10; step++) {
    let state = 12345 + step;
    const next = () => state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    for (let i = 0; i < x.length; i++) x[i] = (next() >>> 8) / 8388608 - 1;
    for (let i = 0; i < y.length; i++) y[i] = (next() >>> 16) % 10;
    model.call('step', step % 4 === 3 ? 23 : 32);
  }
  const bits = new Uint32Array(loss.buffer, loss.byteOffset, 1)[0];
  console.log([hash(model.bytes.params), hash(model.bytes.state), bits].map(hexadecimal).join(' '));
}

function fifteenEpochs(training) {
  while (training.epochs < 15) {
    const {epochs} = training, loss = training.step(0.1);
    if (training.epochs === epochs) continue;
    const test = training.test();
    console.log(`epoch ${training.epochs}  last loss ${loss.toPrecision(9)}  test loss ${test.loss.toPrecision(9)}  accuracy ${test.accuracy.toFixed(4)}`);
  }
  console.log(`${training.steps} steps, hash of the weights ${hexadecimal(hash(model.bytes.params))}`);
}

function time(training) {
  let best = Infinity;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
    const rows = training.fill(training.digits.train.slice(0, 32)), begin = performance.now();
    for (let i = 0; i < 200; i++) model.call('step', rows);
    best = Math.min(best, (performance.now() - begin) / 200);
  }
  console.log(`${(1000 * best).toFixed(1)} us a step`);
}
