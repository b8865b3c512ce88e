"use strict";
const { key: STORAGE_KEY, items, classes: initialClasses } = JSON.parse(document.getElementById("data").textContent);
const KEYS = "1234567890qwertyuiopasdfghjklzxcvbnm";
const $ = (id) => document.getElementById(id);

let classes = [...initialClasses];
let labels = items.map((item) => item.label || "");
let current = 0;
let unsaved = false;

// Some browsers refuse storage to files opened from disk; the page works without it.
function store() {
  const byName = Object.fromEntries(items.map((item, index) => [item.name, labels[index]]));
  try { localStorage.setItem(STORAGE_KEY, JSON.stringify({ classes, labels: byName })); } catch { /* no storage */ }
}

function restore() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORAGE_KEY));
    if (!stored) return;
    labels = items.map((item, index) => stored.labels[item.name] ?? labels[index]);
    classes = [...new Set([...classes, ...stored.classes])];
    unsaved = labels.some((label, index) => label !== (items[index].label || ""));
  } catch { /* nothing stored */ }
}

// A class of one character is its own key; the other classes get the remaining keys in order.
function keyOf(name) {
  const characterKey = (text) => text.length === 1 && text !== " " ? text.toLowerCase() : "";
  if (characterKey(name)) return characterKey(name);
  const free = [...KEYS].filter((key) => !classes.some((other) => characterKey(other) === key));
  return free[classes.filter((other) => !characterKey(other)).indexOf(name)] || "";
}

function createElement(tag, content, attributes = {}) {
  const element = document.createElement(tag);
  element.append(...[content].flat());
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function drawClasses() {
  $("classes").replaceChildren(...classes.map((name) => {
    const count = labels.filter((label) => label === name).length;
    const content = [
      createElement("kbd", keyOf(name)), createElement("span", name), createElement("span", String(count)),
    ];
    const button = createElement("button", content,
      { type: "button", "aria-pressed": String(labels[current] === name) });
    button.addEventListener("click", () => assignLabel(name));
    return createElement("li", button);
  }));
}

function drawGrid() {
  $("grid").replaceChildren(...items.map((item, index) => {
    const content = [createElement("img", [], { src: item.image, alt: "" }), createElement("span", labels[index])];
    const button = createElement("button", content,
      { type: "button", "aria-label": `${item.name}: ${labels[index] || "no label"}` });
    button.classList.toggle("labelled", labels[index] !== "");
    if (index === current) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => {
      current = index;
      draw();
      $("work").scrollIntoView({ block: "nearest" });
    });
    return button;
  }));
}

function draw() {
  const item = items[current], count = labels.filter((label) => label).length;
  $("image").src = item.image;
  $("image").alt = `Image ${item.name}`;
  $("position").textContent = `${current + 1} of ${items.length}`;
  $("name").textContent = `· image ${item.caption} · cluster ${item.cluster}`;
  $("neighbours").replaceChildren(...item.neighbours.map((src) => createElement("img", [], { src, alt: "" })));
  $("progress").value = count;
  $("status").textContent = `${count} of ${items.length} labelled${unsaved ? ", not saved" : ""}`;
  drawClasses();
  drawGrid();
}

function move(step) {
  current = (current + step + items.length) % items.length;
  draw();
}

function moveToUnlabelled() {
  for (let step = 1; step <= items.length; step += 1) {
    const index = (current + step) % items.length;
    if (!labels[index]) { current = index; break; }
  }
  draw();
}

function setLabel(name) {
  labels[current] = name;
  unsaved = true;
  store();
}

function assignLabel(name) {
  setLabel(name);
  moveToUnlabelled();
}

function removeLabel() {
  setLabel("");
  draw();
}

function quoteField(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toCsv() {
  const rows = items.map((item, index) => [item.name, labels[index]]).filter(([, label]) => label);
  return [["image", "label"], ...rows].map((row) => row.map(quoteField).join(",")).join("\n") + "\n";
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([toCsv()], { type: "text/csv" }));
  link.download = "answers.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  unsaved = false;
  draw();
}

function handleKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    save();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
  // Enter and Space activate the focused button.
  if (event.target.tagName === "BUTTON" && [" ", "Enter"].includes(event.key)) return;
  const actions = {
    ArrowRight: () => move(1), ArrowLeft: () => move(-1), Backspace: removeLabel, " ": moveToUnlabelled,
    "+": () => $("new-label").focus(),
  };
  const name = classes.find((other) => keyOf(other) === event.key.toLowerCase());
  const action = name === undefined ? actions[event.key] : () => assignLabel(name);
  if (action) {
    event.preventDefault();
    action();
  }
}

$("save").addEventListener("click", save);
$("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("new-label").value.trim();
  if (!name) return;
  if (!classes.includes(name)) classes.push(name);
  $("new-label").value = "";
  $("new-label").blur();
  assignLabel(name);
});
$("new-label").addEventListener("keydown", (event) => { if (event.key === "Escape") $("new-label").blur(); });
document.addEventListener("keydown", handleKey);
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

restore();
current = Math.max(0, labels.indexOf(""));
draw();
if (!classes.length) $("new-label").focus();
