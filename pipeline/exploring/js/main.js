// Put the page together: draw when something changed, once a frame, and no more than changed.

const canvas = find("points");
const due = { points: true, overlay: true };
let asked = false;

function later(...what) {
  for (const name of what) due[name] = true;
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const ratio = canvas.width / view.width;
    if (due.points) drawPoints(canvas, ratio);
    if (due.overlay || due.points) drawOverlay(surface, ratio);
    due.points = due.overlay = false;
    document.documentElement.dataset.drawn = Number(document.documentElement.dataset.drawn ?? 0) + 1;
  });
}

const TABS = ["clusters", "image", "selection", "lists"];

function showTab(name, focus = false) {
  for (const tab of TABS) {
    find(tab).hidden = tab !== name;
    find(`tab-${tab}`).setAttribute("aria-selected", tab === name);
    find(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (name === "lists" && !find("lists").childElementCount) showLists();
  if (focus) find(`tab-${name}`).focus();
}

for (const tab of TABS) find(`tab-${tab}`).addEventListener("click", () => showTab(tab));
find("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const at = TABS.findIndex((tab) => !find(tab).hidden);
  if (step) showTab(TABS[(at + step + TABS.length) % TABS.length], true);
});

function showStatus() {
  const kept = visible.reduce((sum, one) => sum + one, 0);
  const parts = [kept === n ? plural(n, "image") : `${count(kept)} of ${plural(n, "image")} shown`];
  if (state.selection) parts.push(`${count(state.selection.length)} selected`);
  find("status").textContent = parts.join(" · ");
}

function showLegend() {
  const quantity = QUANTITIES[state.colourBy],
    place = find("legend");
  place.hidden = state.colourBy === "cluster";
  if (quantity) {
    const bar = h("canvas", { class: "ramp", width: 160, height: 10, "aria-hidden": "true" }),
      context = bar.getContext("2d");
    for (let x = 0; x < 160; x++) {
      context.fillStyle = `rgb(${rampColour(x / 159).join(" ")})`;
      context.fillRect(x, 0, 1, 10);
    }
    const ends = [quantity.low, quantity.high].map((value) => h("span", {}, quantity.write(value)));
    fill(place, h("b", {}, quantity.name), bar, h("div", { class: "ends" }, ...ends));
  } else if (state.colourBy === "label") {
    const labels = [...new Set(facts.label)].sort((a, b) => (a < 0) - (b < 0) || a - b);
    fill(
      place,
      h("b", {}, "Label"),
      h("ul", {}, ...labels.map((label) => h("li", {}, swatch(label), labelName(label)))),
    );
  }
}

function recolour() {
  paint();
  showLegend();
  later("points");
}

function redress() {
  recolour();
  showClusters();
  showPin();
  showSelection();
  if (find("lists").childElementCount) showLists();
}

when("view", () => {
  later("points");
  showTip();
});
when("overlay", () => later("overlay"));
when("hover", () => {
  later("overlay");
  showTip();
  surface.classList.toggle("hit", state.hover >= 0);
});
when("pin", () => {
  later("overlay");
  showPin();
});
when("selection", () => {
  if (!state.selection) ring.outline = [];
  later("points");
  showSelection();
  showStatus();
});
when("visible", () => {
  later("points");
  checkClusters();
  showStatus();
  if (find("lists").childElementCount) showLists();
});
when("colours", () => {
  recolour();
  find("colour").value = state.colourBy;
});
when("tool", () => {
  for (const tool of ["move", "lasso"]) find(`tool-${tool}`).setAttribute("aria-pressed", state.tool === tool);
  surface.classList.toggle("lasso", state.tool === "lasso");
});

find("colour").addEventListener("change", (event) => setColourBy(event.target.value));
for (const tool of ["move", "lasso"]) find(`tool-${tool}`).addEventListener("click", () => setTool(tool));
find("zoom-in").addEventListener("click", () => zoomAt(view.width / 2, view.height / 2, 1.6));
find("zoom-out").addEventListener("click", () => zoomAt(view.width / 2, view.height / 2, 1 / 1.6));
find("zoom-home").addEventListener("click", goHome);
find("pictures").addEventListener("click", (event) => {
  state.pictures = !state.pictures;
  event.currentTarget.setAttribute("aria-pressed", state.pictures);
  later("overlay");
});
find("open-help").addEventListener("click", () => find("help").showModal());
find("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
});
new MutationObserver(redress).observe(document.documentElement, { attributeFilter: ["data-theme"] });

// An image's number, or where images are files a part of a file's name.
function pinByName(text) {
  const wanted = text.trim();
  const i = /^\d+$/.test(wanted) ? Number(wanted) : known.files.findIndex((file) => wanted && file.includes(wanted));
  if (wanted === "" || i < 0 || i >= n) return false;
  if (!visible[i]) setHidden([...state.hidden].filter((cluster) => cluster !== facts.cluster[i]));
  setPin(i);
  showTab("image");
  return true;
}

find("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = find("wanted");
  const found = pinByName(field.value);
  field.setAttribute("aria-invalid", !found);
  find("missing").textContent = found
    ? ""
    : `Give a number from 0 to ${n - 1}${known.files.length ? ", or part of a file's name" : ""}`;
  if (found) reveal(state.pin, true);
});
addEventListener("hashchange", () => pinByName(location.hash.slice(1)) && reveal(state.pin));

function fitCanvases() {
  const box = find("map").getBoundingClientRect(),
    ratio = Math.min(window.devicePixelRatio || 1, 2);
  for (const each of [canvas, surface]) {
    each.width = Math.max(Math.round(box.width * ratio), 1);
    each.height = Math.max(Math.round(box.height * ratio), 1);
  }
  resizeView(Math.max(box.width, 1), Math.max(box.height, 1));
}

fitCanvases();
setTool("move");
showStatus();
redress();
new ResizeObserver(fitCanvases).observe(find("map"));
if (location.hash) pinByName(location.hash.slice(1));
addEventListener("DOMContentLoaded", picturesArrived);
