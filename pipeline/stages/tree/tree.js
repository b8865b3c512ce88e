"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];
const lastStep = Math.max(data.k - 2, 0);

let step = 0;
const excluded = new Set(); // groups that are not to be merged, by their clusters

// The clusters of each group after the first merges, the largest cluster first.
function cutInto(steps) {
  const groups = data.order.map((cluster) => [cluster]);
  for (const { members } of data.merges.slice(0, steps)) {
    const parts = groups.filter((group) => members.includes(group[0]));
    groups.splice(groups.indexOf(parts[0]), parts.length, parts.flat());
  }
  return groups.map((group) => group.sort((a, b) => a - b));
}

const colourOf = (cluster) => data.colours[step][cluster];
const setColour = (element, colour) => element.style.setProperty("--colour", `var(--g${colour})`);
const mergedGroups = () => cutInto(step).filter((group) => group.length > 1);
const largestCluster = (node) => node < data.k ? node : data.merges[node - data.k].members[0];
const keyOf = (group) => group.join(" ");
const groupName = (group) => group.map((cluster) => data.names[cluster]).join(" + ");
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

function createElement(tag, attributes, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

function drawTree() {
  for (const leaf of all("[data-cluster]")) setColour(leaf, colourOf(Number(leaf.dataset.cluster)));
  for (const path of all(".coloured [data-node]")) setColour(path, colourOf(largestCluster(Number(path.dataset.node))));
  for (const node of all(".node")) {
    const number = Number(node.dataset.merge);
    node.classList.toggle("applied", number < step);
    setColour(node, colourOf(largestCluster(data.k + number)));
  }
  const below = step ? data.merges[step - 1].x : 0;
  const x = (below + data.merges[step].x) / 2;
  $("clip").setAttribute("width", x + 4);
  for (const name of ["x1", "x2"]) $("level").setAttribute(name, x);
  $("level-text").setAttribute("x", x);
  $("level-text").textContent = count(data.k - step, "group");
}

function groupCard(group) {
  const checkbox = createElement("input", { type: "checkbox" });
  checkbox.checked = !excluded.has(keyOf(group));
  checkbox.addEventListener("change", () => {
    if (checkbox.checked) excluded.delete(keyOf(group));
    else excluded.add(keyOf(group));
    drawSave();
  });
  const size = group.reduce((sum, cluster) => sum + data.sizes[cluster], 0);
  const tiles = createElement("span", { class: "tiles" });
  for (const cluster of group) {
    const leafTiles = document.querySelector(`[data-cluster="${cluster}"] .tiles`).children;
    tiles.append(...[...leafTiles].slice(0, Math.max(1, Math.floor(8 / group.length))).map((tile) => tile.cloneNode(true)));
  }
  const card = createElement("li", {}, createElement("label", {}, checkbox, createElement("span", {}, groupName(group)),
    createElement("span", { class: "n" }, count(size, "image"))), tiles);
  setColour(card, colourOf(group[0]));
  return card;
}

function drawSave() {
  const merges = mergedGroups().filter((group) => !excluded.has(keyOf(group)));
  $("save").disabled = merges.length === 0;
  $("save").textContent = merges.length ? `Save ${count(merges.length, "merge")} as edits.json` : "Save edits.json";
}

function draw() {
  $("cut").value = String(step);
  $("count").textContent = count(data.k - step, "group");
  $("cut").setAttribute("aria-valuetext", $("count").textContent);
  drawTree();
  $("groups").replaceChildren(...mergedGroups().map(groupCard));
  $("groups-empty").hidden = step > 0;
  for (const row of all("[data-step]")) {
    row.classList.toggle("applied", Number(row.dataset.step) <= step && Number(row.dataset.step) > 0);
    row.classList.toggle("current", Number(row.dataset.step) === step);
  }
  drawSave();
}

function setStep(value) {
  step = Math.min(Math.max(value, 0), lastStep);
  draw();
}

function save() {
  const groups = mergedGroups().filter((group) => !excluded.has(keyOf(group)));
  if (!groups.length) return;
  const edits = groups.map((clusters) => ({ action: "merge", clusters }));
  const { version, clustering, run_id } = data;
  const text = JSON.stringify({ version, clustering, run_id, edits }, null, 1);
  const link = createElement("a", { download: "edits.json" });
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function handleKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    save();
  } else if (event.target.type !== "range" && !event.ctrlKey && !event.metaKey && !event.altKey) {
    if (event.key === "ArrowRight") setStep(step + 1);
    else if (event.key === "ArrowLeft") setStep(step - 1);
    else return;
    event.preventDefault();
  }
}

$("cut").addEventListener("input", () => setStep(Number($("cut").value)));
$("save").addEventListener("click", save);
$("drawing").addEventListener("click", (event) => {
  const x = event.clientX - $("drawing").getBoundingClientRect().left;
  setStep(data.merges.filter((merge) => merge.x <= x).length);
});
for (const node of all(".node")) node.addEventListener("click", () => setStep(Number(node.dataset.merge) + 1));
for (const row of all("[data-step]")) {
  row.querySelector("button")?.addEventListener("click", () => setStep(Number(row.dataset.step)));
  const node = document.querySelector(`.node[data-merge="${Number(row.dataset.step) - 1}"]`);
  row.addEventListener("mouseenter", () => node?.classList.add("hot"));
  row.addEventListener("mouseleave", () => node?.classList.remove("hot"));
}
document.addEventListener("keydown", handleKey);
setStep(data.k - data.cut);
