// The state of the page, and events that say what of it has changed.

/** @type {State} */
const state = {
  colourBy: "cluster",
  hidden: new Set(),
  selection: null,
  hover: -1,
  pin: -1,
  tool: "move",
  showThumbnails: true,
};

const isVisible = new Uint8Array(n).fill(1);
const isSelected = new Uint8Array(n);

/** @type {Map<StateEvent, (() => void)[]>} */
const listeners = new Map();

/**
 * @param {StateEvent} event
 * @param {() => void} listener
 */
const listen = (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener]);
/** @param {StateEvent} event */
const emit = (event) => (listeners.get(event) ?? []).forEach((listener) => listener());

/** @param {number} i */
function setHover(i) {
  if (i === state.hover) return;
  state.hover = i;
  emit("hover");
}

/** @param {number} i */
function setPin(i) {
  state.pin = i;
  history.replaceState(null, "", i < 0 ? location.pathname + location.search : `#${i}`);
  emit("pin");
}

/** @param {ArrayLike<number> | null} images */
function setSelection(images) {
  state.selection = images && images.length ? Int32Array.from(images) : null;
  isSelected.fill(0);
  for (const i of state.selection ?? []) isSelected[i] = 1;
  emit("selection");
}

/** @param {Iterable<number>} clusters */
function setHidden(clusters) {
  state.hidden = new Set(clusters);
  updateVisibility();
  emit("visible");
}

function updateVisibility() {
  for (let i = 0; i < n; i++) isVisible[i] = state.hidden.has(columns.cluster[i]) ? 0 : 1;
  if (state.hover >= 0 && !isVisible[state.hover]) setHover(-1);
}

/** @param {number} cluster */
const showCluster = (cluster) => setHidden([...state.hidden].filter((other) => other !== cluster));

/** @param {State["colourBy"]} property */
function setColourBy(property) {
  state.colourBy = property;
  emit("colours");
}

/** @param {State["tool"]} tool */
function setTool(tool) {
  state.tool = tool;
  emit("tool");
}

/**
 * @param {(i: number) => unknown} predicate
 * @returns {number[]}
 */
function visibleImages(predicate) {
  const images = [];
  for (let i = 0; i < n; i++) if (isVisible[i] && predicate(i)) images.push(i);
  return images;
}
