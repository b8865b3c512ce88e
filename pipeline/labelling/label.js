"use strict";
const { key: KEY, items, classes: given } = JSON.parse(document.getElementById("data").textContent);
const KEYS = "1234567890qwertyuiopasdfghjklzxcvbnm";
const $ = (id) => document.getElementById(id);

let classes = [...given];
let labels = items.map((item) => item.label || "");
let current = 0;
let unsaved = false;

// A file opened from disk may keep nothing in some browsers; the page works without.
function keep() {
  try { localStorage.setItem(KEY, JSON.stringify({ classes, labels })); } catch { /* saved by the button alone */ }
}

function remember() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    if (!kept || kept.labels.length !== items.length) return;
    labels = kept.labels;
    classes = [...new Set([...classes, ...kept.classes])];
    unsaved = labels.some((label, place) => label !== (items[place].label || ""));
  } catch { /* nothing was kept */ }
}

// A class of one character is its own key; the others take the keys that are left, in order.
function keyOf(name) {
  const own = (word) => word.length === 1 && word !== " " ? word.toLowerCase() : "";
  if (own(name)) return own(name);
  const free = [...KEYS].filter((key) => !classes.some((word) => own(word) === key));
  return free[classes.filter((word) => !own(word)).indexOf(name)] || "";
}

function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  made.append(...[content].flat());
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function drawClasses() {
  $("classes").replaceChildren(...classes.map((name) => {
    const count = labels.filter((label) => label === name).length;
    const pressed = String(labels[current] === name);
    const button = element("button", [element("kbd", keyOf(name)), element("span", name), element("span", String(count))],
      { type: "button", "aria-pressed": pressed });
    button.addEventListener("click", () => give(name));
    return element("li", button);
  }));
}

function drawGrid() {
  $("grid").replaceChildren(...items.map((item, place) => {
    const button = element("button", [element("img", [], { src: item.image, alt: "" }), element("span", labels[place])],
      { type: "button", "aria-label": `${item.name}: ${labels[place] || "no label"}` });
    button.classList.toggle("labelled", labels[place] !== "");
    if (place === current) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => { current = place; draw(); $("work").scrollIntoView({ block: "nearest" }); });
    return button;
  }));
}

function draw() {
  const item = items[current], done = labels.filter((label) => label).length;
  $("image").src = item.image;
  $("image").alt = `Image ${item.name}`;
  $("place").textContent = `${current + 1} of ${items.length}`;
  $("name").textContent = `· ${item.name} · ${item.why}`;
  $("near").replaceChildren(...item.near.map((source) => element("img", [], { src: source, alt: "" })));
  $("progress").value = done;
  $("done").textContent = `${done} of ${items.length} labelled${unsaved ? ", not saved yet" : ""}`;
  drawClasses();
  drawGrid();
}

function move(step) {
  current = (current + step + items.length) % items.length;
  draw();
}

function nextUnlabelled() {
  for (let step = 1; step <= items.length; step += 1) {
    const place = (current + step) % items.length;
    if (!labels[place]) { current = place; break; }
  }
  draw();
}

function give(name) {
  labels[current] = name;
  unsaved = true;
  keep();
  nextUnlabelled();
}

function takeAway() {
  labels[current] = "";
  unsaved = true;
  keep();
  draw();
}

function quoted(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv() {
  const lines = items.map((item, place) => [item.name, labels[place]]).filter(([, label]) => label);
  return [["image", "label"], ...lines].map((line) => line.map(quoted).join(",")).join("\n") + "\n";
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = "answers.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  unsaved = false;
  draw();
}

$("save").addEventListener("click", save);
$("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("word").value.trim();
  if (!name) return;
  if (!classes.includes(name)) classes.push(name);
  $("word").value = "";
  $("word").blur();
  give(name);
});
$("word").addEventListener("keydown", (event) => { if (event.key === "Escape") $("word").blur(); });
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); save(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
  // Enter and Space press the button that has the focus, as everywhere.
  if (event.target.tagName === "BUTTON" && [" ", "Enter"].includes(event.key)) return;
  const named = classes.find((name) => keyOf(name) === event.key.toLowerCase());
  const actions = { ArrowRight: () => move(1), ArrowLeft: () => move(-1), Backspace: takeAway, " ": nextUnlabelled,
    "+": () => $("word").focus() };
  const action = named === undefined ? actions[event.key] : () => give(named);
  if (action) { event.preventDefault(); action(); }
});
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

remember();
current = Math.max(0, labels.indexOf(""));
draw();
if (!classes.length) $("word").focus();
