// Small words for making elements and writing numbers. Text goes in as text, never as HTML.

const find = (id) => document.getElementById(id);

function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "colour") element.style.setProperty("--colour", value);
    else if (name === "share") element.style.setProperty("--share", value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  return fill(element, ...children);
}

// Put children where others may have been; what is null is left out.
function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null));
  return element;
}

const count = (value) => value.toLocaleString("en");
const plural = (value, word) => `${count(value)} ${word}${value === 1 ? "" : "s"}`;

// Never rounds up to all or down to none.
function percent(share) {
  const text = (100 * share).toFixed(share >= 0.995 || share < 0.1 ? 1 : 0);
  if (share < 1 && text === "100.0") return "> 99.9 %";
  if (share > 0 && text === "0.0") return "< 0.1 %";
  return `${text.replace(/\.0$/, "")} %`;
}

const clusterName = (cluster) => (cluster < 0 ? "noise" : `c${cluster}`);
const labelName = (label) => (label < 0 ? "unlabelled" : known.labels[label]);

let silence;
function announce(words) {
  clearTimeout(silence);
  silence = setTimeout(() => (find("said").textContent = words), 150); // the last of many wins
}

function describe(i) {
  const words = [`Image ${i}`, facts.cluster[i] < 0 ? "noise" : `cluster ${clusterName(facts.cluster[i])}`];
  if (labelled) words.push(facts.label[i] < 0 ? "unlabelled" : `label ${labelName(facts.label[i])}`);
  words.push(`confidence ${percent(facts.confidence[i])}`);
  return words.join(", ");
}
