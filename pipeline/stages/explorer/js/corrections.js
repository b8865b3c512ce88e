// The corrections of this page: what the run found, what was changed, and what results.

/** @type {Clusters} */
const run = {
  clusters: columns.cluster.slice(),
  marks: columns.mark ?? new Uint8Array(n),
  names: Array.from({ length: data.k }, (_, cluster) => cleanName(data.cluster_names[cluster] ?? "")),
};

const MARK_NAMES = ["", "not sure", "remove"];
/** Each image's mark after the corrections, a position in `MARK_NAMES`. */
const marks = run.marks.slice();

const stored = readStored();
let corrections = startHistory(stored.steps);
let savedSteps = stored.isSaved ? corrections.present : [];
let corrected = replay(run, corrections.present.flat());
updateColumns();

const areSaved = () => savedSteps === corrections.present || !corrections.present.length;

/** Removed images are noise, as in the run that the corrections make. */
function updateColumns() {
  marks.set(corrected.marks);
  for (let i = 0; i < n; i++) columns.cluster[i] = marks[i] === REMOVE ? -1 : corrected.clusters[i];
}

/** @param {EditHistory} history */
function setCorrections(history) {
  corrections = history;
  corrected = replay(run, corrections.present.flat());
  updateColumns();
  store(corrections.present, areSaved());
  emit("clusters");
}

/** @param {Step} step */
function correct(step) {
  setCorrections(record(corrections, [...corrections.present, step]));
  notify(describeStep(step));
}

function undoCorrection() {
  if (!corrections.past.length) return notify("There is nothing to undo");
  const steps = corrections.present;
  setCorrections(undo(corrections));
  notify(`Undone: ${describeChange(corrections.present, steps)}`);
}

function redoCorrection() {
  if (!corrections.future.length) return notify("There is nothing to redo");
  const steps = corrections.present;
  setCorrections(redo(corrections));
  notify(`Redone: ${describeChange(steps, corrections.present)}`);
}

/**
 * @param {string} json
 * @throws {Error} as `parseEdits`
 */
function loadCorrections(json) {
  const steps = parseEdits(json).map((edit) => [edit]);
  savedSteps = steps;
  setCorrections(record(corrections, steps));
}

function markAsSaved() {
  savedSteps = corrections.present;
  store(corrections.present, true);
  emit("clusters");
}

// Another window with the same page: the corrections of the last change hold.
addEventListener("storage", (event) => {
  if (event.key !== STORAGE_KEY) return;
  const { steps, isSaved } = readStored();
  savedSteps = isSaved ? steps : [];
  setCorrections(startHistory(steps));
});

addEventListener("beforeunload", (event) => {
  if (!storageWorks && !areSaved()) event.preventDefault();
});
