// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trains the digits, a minibatch a call. Every number is a function of the seed: the page in any browser and train.mjs see the same.

const pixels = 64;

// text: digits.csv. 1,527 rows to train on, 270 to test with, drawn once and for all.
export function readDigits(text) {
  const rows = text.trim().split('\n').map((line) => line.split(',').map(Number));
  const order = shuffled(rows.length, randomNumbers(37));
  const part = (indices) => indices.map((i) => ({x: rows[i].slice(0, pixels), y: rows[i][pixels]}));
  return {train: part(order.slice(270)), test: part(order.slice(0, 270))};
}

function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 4294967296 * below);
  };
}

function shuffled(count, random) {
  const order = Array.from({length: count}, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

export class Training {
  constructor(model, digits) {
    this.model = model;
    this.digits = digits;
    this.restart(1);
  }

  restart(seed) {
    this.random = randomNumbers(seed);
    this.steps = this.epochs = this.next = 0;
    this.order = shuffled(this.digits.train.length, this.random);
    this.model.init(seed);
    this.fit();
  }

  // standardize: mean and standard deviation of each pixel over the training rows; 1 for a pixel that never changes.
  fit() {
    const {train} = this.digits, mean = this.model.variables['scaled.mean'], scale = this.model.variables['scaled.scale'];
    for (let i = 0; i < pixels; i++) {
      const average = train.reduce((sum, {x}) => sum + x[i], 0) / train.length;
      const variance = train.reduce((sum, {x}) => sum + (x[i] - average) ** 2, 0) / train.length;
      mean[i] = average;
      scale[i] = variance > 0 ? Math.sqrt(variance) : 1;
    }
  }

  fill(rows) {
    const {x, y} = this.model.arrays;
    rows.forEach((row, i) => { x.set(row.x, i * pixels); y[i] = row.y ?? 0; });
    return rows.length;
  }

  step(learning_rate) {
    const indices = this.order.slice(this.next, this.next + this.model.rows);
    const rows = this.fill(indices.map((i) => this.digits.train[i]));
    this.model.call('step', rows, {learning_rate});
    this.steps++;
    this.next += rows;
    if (this.next >= this.order.length) {
      this.next = 0;
      this.epochs++;
      this.order = shuffled(this.order.length, this.random);
    }
    return this.model.arrays.loss[0];
  }

  test() {
    const all = this.digits.test;
    let loss = 0, right = 0;
    for (let begin = 0; begin < all.length; begin += this.model.rows) {
      const rows = this.fill(all.slice(begin, begin + this.model.rows));
      this.model.call('eval', rows);
      loss += this.model.arrays.loss[0] * rows;
      right += Math.round(this.model.arrays.accuracy[0] * rows);
    }
    return {loss: loss / all.length, accuracy: right / all.length};
  }

  // The ten probabilities of each row.
  predict(rows) {
    const result = [];
    for (let begin = 0; begin < rows.length; begin += this.model.rows) {
      const count = this.fill(rows.slice(begin, begin + this.model.rows));
      this.model.call('predict', count);
      for (let i = 0; i < count; i++) result.push(Array.from(this.model.arrays.probability.subarray(10 * i, 10 * i + 10)));
    }
    return result;
  }
}

export function hash(bytes, so_far = 2166136261) {  // FNV-1a
  return bytes.reduce((h, byte) => Math.imul(h ^ byte, 16777619) >>> 0, so_far);
}
