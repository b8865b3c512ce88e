// What the person has chosen, and who wants to know when it changes.

const state = {
  colourBy: "cluster",
  hidden: new Set(),
  selection: null, // Int32Array of chosen images, or null
  hover: -1,
  pin: -1,
  tool: "move",
  pictures: true, // images on the map where there is room for them
};

const visible = new Uint8Array(n).fill(1);
const chosen = new Uint8Array(n);

const listeners = {};
const when = (event, listener) => (listeners[event] ??= []).push(listener);
const tell = (event) => (listeners[event] ?? []).forEach((listener) => listener());

function setHover(i) {
  if (i === state.hover) return;
  state.hover = i;
  tell("hover");
}

function setPin(i) {
  state.pin = i;
  history.replaceState(null, "", i < 0 ? location.pathname + location.search : `#${i}`);
  tell("pin");
}

function setSelection(rows) {
  state.selection = rows && rows.length ? Int32Array.from(rows) : null;
  chosen.fill(0);
  for (const i of state.selection ?? []) chosen[i] = 1;
  tell("selection");
}

function setHidden(clusters) {
  state.hidden = new Set(clusters);
  for (let i = 0; i < n; i++) visible[i] = state.hidden.has(facts.cluster[i]) ? 0 : 1;
  if (state.hover >= 0 && !visible[state.hover]) setHover(-1);
  tell("visible");
}

function setColourBy(fact) {
  state.colourBy = fact;
  tell("colours");
}

function setTool(tool) {
  state.tool = tool;
  tell("tool");
}

const members = (wanted) => {
  const rows = [];
  for (let i = 0; i < n; i++) if (visible[i] && wanted(i)) rows.push(i);
  return rows;
};
