// The run's facts: one typed array a fact, and the images as text that is read only when an image is shown.

const known = JSON.parse(document.getElementById("known").textContent);
const kinds = { Float32Array, Int32Array, Uint16Array, Uint8Array };

function unpack({ kind, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new kinds[kind](bytes.buffer);
}

const facts = {};
for (const [name, packed] of Object.entries(known.arrays)) {
  facts[name] = unpack(packed);
  packed.data = "";
}

const n = facts.x.length;
const k = known.k;
const shown = n ? facts.neighbours.length / n : 0;
const labelled = known.labels.length > 0;
const noise = facts.cluster.includes(-1);

// Where each image's text starts within its sheet.
const starts = new Int32Array(n);
for (let i = 0; i < n; i++) starts[i] = i % known.sheet ? starts[i - 1] + facts.lengths[i - 1] : 0;

const sheets = new Map();

// The address of image i, or null while its sheet has not arrived.
function picture(i) {
  const number = Math.floor(i / known.sheet);
  if (!sheets.has(number)) {
    const element = document.getElementById(`sheet-${number}`);
    // A sheet is whole once the parser has gone on to what follows it.
    if (!element || !(element.nextElementSibling || document.readyState !== "loading")) return null;
    sheets.set(number, element.textContent.trim());
  }
  const text = sheets.get(number).slice(starts[i], starts[i] + facts.lengths[i]);
  return `data:${known.media};base64,${text}`;
}

function neighbours(i) {
  return facts.neighbours.subarray(i * shown, (i + 1) * shown);
}

const sizes = new Int32Array(k + 1); // noise comes last
for (const cluster of facts.cluster) sizes[cluster < 0 ? k : cluster]++;
