// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The curves: losses above, on a logarithmic axis, accuracy below.

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// losses, smoothed: of each step; tests: {step, loss, accuracy} of each look.
export function drawCurves(canvas, {losses, smoothed, tests}) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = '12px system-ui, sans-serif';
  const left = 46, right = width - 8, end = Math.max(480, losses.length), x = (step) => left + (right - left) * step / end;
  const split = Math.round(height * 0.62), low = Math.log10(0.003), high = Math.log10(4);
  const lossY = (loss) => 8 + (split - 16) * (high - Math.min(high, Math.max(low, Math.log10(loss)))) / (high - low);
  const accuracyY = (accuracy) => split + 14 + (height - split - 40) * (1 - accuracy) / 0.5;

  const rule = (y, text) => {
    g.strokeStyle = colour('--line');
    g.beginPath(), g.moveTo(left, y), g.lineTo(right, y), g.stroke();
    g.fillStyle = colour('--soft');
    g.textAlign = 'right', g.textBaseline = 'middle', g.fillText(text, left - 8, y);
  };
  for (const loss of [1, 0.1, 0.01]) rule(lossY(loss), String(loss));
  for (const accuracy of [1, 0.75, 0.5]) rule(accuracyY(accuracy), `${100 * accuracy} %`);
  g.textAlign = 'center', g.textBaseline = 'top';
  const apart = [120, 240, 480, 960, 1920, 3840].find((step) => end / step <= width / 90) ?? 7680;
  for (let step = 0; step <= end; step += apart) g.fillText(step.toLocaleString('en'), Math.min(x(step), right - 18), height - 18);

  const line = (points, name, thick, alpha) => {
    g.strokeStyle = colour(name), g.lineWidth = thick, g.globalAlpha = alpha, g.lineJoin = 'round';
    g.beginPath(), points.forEach(([px, py], i) => (i ? g.lineTo(px, py) : g.moveTo(px, py))), g.stroke();
    g.lineWidth = 1, g.globalAlpha = 1;
  };
  line(losses.map((loss, i) => [x(i + 1), lossY(loss)]), '--accent', 1, 0.22);
  line(smoothed.map((loss, i) => [x(i + 1), lossY(loss)]), '--accent', 2.2, 1);
  line(tests.map(({step, loss}) => [x(step), lossY(loss)]), '--wrong', 1.8, 0.9);
  line(tests.map(({step, accuracy}) => [x(step), accuracyY(Math.max(0.5, accuracy))]), '--other', 2.2, 1);
}
