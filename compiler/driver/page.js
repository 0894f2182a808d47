// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A click on a kernel marks it in every picture and shows its row of the table and its loops. All text is taken from the page.
const panel = document.getElementById("panel");
function clear() {
  for (const e of document.querySelectorAll(".on")) e.classList.remove("on");
  panel.hidden = true;
}
function show(k) {
  clear();
  for (const e of document.querySelectorAll(`[data-k="${k}"], [data-n~="${k}"]`)) e.classList.add("on");
  const row = document.querySelector(`tbody[data-k="${k}"]`), table = document.createElement("table");
  table.append(row.closest("table").tHead.cloneNode(true), row.cloneNode(true));
  for (const e of table.querySelectorAll("tbody")) e.removeAttribute("id"), e.removeAttribute("data-k"), e.classList.remove("on");
  const close = document.createElement("button"), code = document.getElementById(row.dataset.code);
  close.textContent = "×";
  close.title = "close (Escape)";
  close.onclick = clear;
  panel.replaceChildren(table, close);
  if (code) {
    const pre = document.createElement("pre");
    pre.textContent = code.textContent;
    close.before(pre);
  }
  panel.hidden = false;
}
document.addEventListener("click", (event) => {
  const kernel = event.target.closest("[data-k]");
  if (kernel) show(kernel.dataset.k);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
});
