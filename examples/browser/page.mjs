// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The page: sliders, curves, pictures. What is trained, and how, stands in training.mjs.
import {colour, drawCurves} from './curves.mjs';
import {Model} from './model.mjs';
import {readDigits, Training} from './training.mjs';

const $ = (id) => document.getElementById(id);
const embedded = (id) => Uint8Array.from(atob($(id).textContent), (letter) => letter.charCodeAt(0));
const unzip = (bytes) => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text();

const wasm = embedded('wasm');
const model = await Model.load(wasm, JSON.parse($('map').textContent));
const digits = readDigits(await unzip(embedded('data')));
const training = new Training(model, digits);
const shown = digits.test.slice(0, 48);
const epochs_of_a_run = 60;

let running = true, last_epoch = epochs_of_a_run, seed = 1;
let losses, smoothed, tests;  // of each step; of each look: {step, loss, accuracy}
let time, frames = 0;

const chart = () => drawCurves($('chart'), {losses, smoothed, tests});

// ---- training, a few steps a frame

const rate = () => Number((10 ** $('rate').value).toPrecision(2));
const speed = () => 2 ** $('speed').value;

function restart() {
  training.restart(seed++);
  losses = [], smoothed = [], tests = [], time = 0;
  last_epoch = epochs_of_a_run;
  $('message').textContent = '';
  look();
  run(true);
}

function run(on) {
  running = on;
  $('run').textContent = on ? 'Pause' : 'Go on';
}

function train() {
  const begin = performance.now(), count = speed();
  try {
    for (let i = 0; i < count; i++) {
      const loss = training.step(rate());
      losses.push(loss);
      const weight = 1 / Math.min(losses.length, 12);
      smoothed.push(loss * weight + (smoothed.at(-1) ?? 0) * (1 - weight));
    }
  } catch (error) {  // as status 1: reported, nothing updated
    $('message').textContent = 'The loss is no longer a finite number. Start anew with a lower learning rate.';
    run(false);
  }
  const mean = 1000 * (performance.now() - begin) / count;
  time = time ? 0.95 * time + 0.05 * mean : mean;
  if (training.epochs >= last_epoch) run(false);
}

function look() {
  const {loss, accuracy} = training.test();
  tests.push({step: training.steps, loss, accuracy});
  $('accuracy').textContent = `${(100 * accuracy).toFixed(1)} %`;
  $('loss').textContent = (smoothed.at(-1) ?? loss).toPrecision(3);
  $('epoch').textContent = training.epochs;
  $('steps').textContent = training.steps.toLocaleString('en');
  $('time').textContent = time ? time.toFixed(0) : '-';
  Object.assign(document.body.dataset, {accuracy: accuracy.toFixed(4), steps: training.steps});
  showDigits();
  showUnits();
  showDrawn();
}

function frame() {
  const was_running = running;
  if (running) train();
  if (was_running && (frames++ % 8 === 0 || !running)) look();
  if (was_running) chart();
  setTimeout(frame, 16);  // not at the display's pace: the page also trains where nothing is displayed
}

// ---- pictures of 8 x 8

function picture(canvas, colours) {
  const g = canvas.getContext('2d'), image = g.createImageData(8, 8);
  colours.forEach((rgba, i) => image.data.set(rgba, 4 * i));
  g.putImageData(image, 0, 0);
}

function make(parent, count, kind, caption) {
  for (let i = 0; i < count; i++) {
    const canvas = Object.assign(document.createElement('canvas'), {width: 8, height: 8, className: 'pixels'});
    if (!caption) { parent.append(canvas); continue; }
    const box = Object.assign(document.createElement('div'), {className: kind});
    box.append(canvas, document.createElement('span'));
    parent.append(box);
  }
}

const ink = (pixel) => [...colour('--ink').split(',').map(Number), 255 * pixel / 16];
const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

function showDigits() {
  let right = 0;
  training.predict(shown).forEach((probabilities, i) => {
    const box = $('digits').children[i], taken_for = best(probabilities), is_right = taken_for === shown[i].y;
    right += is_right;
    box.className = `digit ${is_right ? 'right' : 'wrong'}`;
    box.lastChild.textContent = taken_for;
    box.title = `a ${shown[i].y}, taken for ${taken_for} with probability ${probabilities[taken_for].toFixed(3)}`;
  });
  $('score').textContent = `${right} of ${shown.length}`;
}

function showUnits() {
  const weights = model.variables['hidden.weight'];  // [64][100]
  [...$('units').children].forEach((canvas, unit) => {
    const own = Array.from({length: 64}, (_, i) => weights[100 * i + unit]), most = Math.max(...own.map(Math.abs));
    picture(canvas, own.map((w) => (w > 0 ? [79, 70, 229] : [234, 88, 12]).concat(255 * Math.abs(w) / most)));
  });
}

// ---- a digit of one's own, prepared as those of the data set were: fitted into 32 x 32 bits, of which 4 x 4 make one pixel

let strokes = [];

function drawPad() {
  const g = $('pad').getContext('2d');
  g.clearRect(0, 0, 352, 352);
  g.strokeStyle = `rgb(${colour('--ink')})`;
  trace(g, 30, ([px, py]) => [px * 352, py * 352]);
  if (strokes.length) return;
  g.fillStyle = colour('--soft'), g.font = '28px system-ui, sans-serif', g.textAlign = 'center';
  g.fillText('with mouse or finger', 176, 184);
}

function trace(g, thick, place) {
  g.lineWidth = thick, g.lineCap = g.lineJoin = 'round';
  for (const stroke of strokes) {
    g.beginPath();
    stroke.map(place).forEach(([px, py], i) => (i ? g.lineTo(px, py) : (g.moveTo(px, py), g.lineTo(px + 0.01, py))));
    g.stroke();
  }
}

function drawnPixels() {
  const bits = Object.assign(document.createElement('canvas'), {width: 32, height: 32}), g = bits.getContext('2d', {willReadFrequently: true});
  const points = strokes.flat(), xs = points.map(([px]) => px), ys = points.map(([, py]) => py), thick = 4;
  const low = [Math.min(...xs), Math.min(...ys)], size = [Math.max(...xs) - low[0], Math.max(...ys) - low[1]];
  const scale = (32 - thick) / Math.max(...size, 0.05);
  trace(g, thick, (point) => point.map((p, a) => 16 + (p - low[a] - size[a] / 2) * scale));
  const {data} = g.getImageData(0, 0, 32, 32), pixels = new Array(64).fill(0);
  for (let i = 0; i < 1024; i++) pixels[8 * (i >> 7) + ((i & 31) >> 2)] += data[4 * i + 3] > 127;
  return pixels;
}

function showDrawn() {
  const pixels = strokes.length ? drawnPixels() : new Array(64).fill(0);
  picture($('seen'), pixels.map(ink));
  const probabilities = strokes.length ? training.predict([{x: pixels}])[0] : new Array(10).fill(0);
  probabilities.forEach((probability, i) => {
    const [name, bar] = [$('bars').children[2 * i], $('bars').children[2 * i + 1]];
    name.className = strokes.length && i === best(probabilities) ? 'best' : '';
    bar.firstChild.style.width = `${100 * probability}%`;
  });
}

function point(event) {
  const box = $('pad').getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function draw(event, is_new) {
  if (is_new) strokes.push([]), $('pad').setPointerCapture(event.pointerId);
  else if (!event.buttons || !strokes.length) return;
  strokes.at(-1).push(point(event));
  drawPad();
  showDrawn();
}

// ---- the way in

make($('digits'), shown.length, 'digit', true);
make($('units'), 40, '', false);
for (let i = 0; i < 10; i++) $('bars').insertAdjacentHTML('beforeend', `<span>${i}</span><div><i></i></div>`);
const pictures = () => { shown.forEach(({x}, i) => picture($('digits').children[i].firstChild, x.map(ink))); drawPad(); showDrawn(); chart(); };
const sliders = () => { $('rate_text').textContent = rate(); $('speed_text').textContent = speed(); };

$('size').textContent = `${Math.round(wasm.length / 1000)} KB`;
$('run').onclick = () => { if (!running && training.epochs >= last_epoch) last_epoch = training.epochs + epochs_of_a_run; run(!running); };
$('restart').onclick = restart;
$('rate').oninput = $('speed').oninput = sliders;
$('pad').onpointerdown = (event) => draw(event, true);
$('pad').onpointermove = (event) => draw(event, false);
$('clear').onclick = () => { strokes = []; drawPad(); showDrawn(); };
matchMedia('(prefers-color-scheme: dark)').onchange = pictures;
new ResizeObserver(chart).observe($('chart'));

sliders();
restart();
pictures();
frame();
