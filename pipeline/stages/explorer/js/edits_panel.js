// The tab with all corrections: undo, redo, edits.json, and the command that applies it.

const EDITS_FILE = "edits.json";
const command = `python -m pipeline stage=edit${runId ? ` run=${runId}` : ""} edits=${EDITS_FILE}`;

/** What is wrong with the last file that was loaded. */
let loadError = "";

function saveEdits() {
  const edits = shortestEdits(run, corrected);
  saveFile(EDITS_FILE, editsToJson(edits), "application/json");
  markAsSaved();
  notify(`Saved ${plural(edits.length, "edit")} as ${EDITS_FILE}`);
}

/** @param {File} file */
async function loadEdits(file) {
  try {
    loadCorrections(await file.text());
    loadError = "";
    notify(`Loaded ${file.name}: ${plural(corrections.present.length, "correction")}`);
  } catch (error) {
    loadError = `${file.name} cannot be used: ${/** @type {Error} */ (error).message}`;
    announce(loadError);
  }
  renderCorrections();
}

function correctionState() {
  const count = plural(corrections.present.length, "correction");
  if (!corrections.present.length) return "";
  return `${count}, ${areSaved() ? "not applied yet" : "not saved"}`;
}

function renderCorrections() {
  const count = corrections.present.length;
  byId("tab-corrections").textContent = count ? `Corrections (${formatCount(count)})` : "Corrections";
  byId("open-corrections").textContent = correctionState();
  byId("open-corrections").hidden = !count;
  keepFocus(byId("corrections"), () => setChildren(byId("corrections"), ...correctionsContent()));
}

/** @returns {(Node | null)[]} */
function correctionsContent() {
  const { past, present, future } = corrections;
  const file = h("input", { type: "file", id: "edits-file", accept: ".json,application/json", hidden: true });
  file.addEventListener("change", () => file.files?.[0] && loadEdits(file.files[0]));
  const discard = () => {
    setCorrections(record(corrections, []));
    notify(`${plural(present.length, "correction")} discarded; undo brings them back`);
  };
  return [
    h(
      "p",
      { class: "buttons" },
      button("Undo", undoCorrection, { id: "undo", title: "Undo (Ctrl+Z)", disabled: !past.length }),
      button("Redo", redoCorrection, { id: "redo", title: "Redo (Ctrl+Shift+Z)", disabled: !future.length }),
      button("Discard all", discard, { id: "discard", disabled: !present.length }),
      button(`Load ${EDITS_FILE}`, () => file.click(), { id: "load-edits" }),
      file,
    ),
    h("p", { id: "load-error", role: "alert" }, loadError),
    ...(present.length ? [...applyInstructions(), correctionList(present)] : [correctionHint()]),
    storageWorks
      ? null
      : h(
          "p",
          { class: "unexpected" },
          `This browser keeps nothing for this page: save ${EDITS_FILE} before you close it.`,
        ),
  ];
}

function correctionHint() {
  const text =
    "Rename, merge and split clusters with “Edit” in the list of clusters. Move or mark images with the buttons of a " +
    "selection or of a pinned image. All of it works by keyboard: press ? for the keys. The run itself stays as it is.";
  return h("p", { class: "empty" }, text);
}

function applyInstructions() {
  const kept = storageWorks ? "This browser keeps the corrections for this clustering. " : "";
  const splits = corrected.parts.some((parts) => parts > 1) ? "Clusters to be split are split then. " : "";
  return [
    h("p", { class: "buttons" }, button(`Save ${EDITS_FILE}`, saveEdits, { id: "save-edits", class: "main" })),
    h("p", { class: "hint" }, `${kept}To make a new run with them, save the file and run:`),
    commandBlock(command, "copy-edit-command"),
    h("p", { class: "hint" }, `${splits}Until then, confidence, misfits and outlier scores are those of the run.`),
  ];
}

/** @param {Step[]} steps */
function correctionList(steps) {
  const items = steps.map((step, position) => {
    const images = step.flatMap((edit) => ("images" in edit ? edit.images : []));
    const select = () => {
      setSelection(images.sort((a, b) => a - b));
      showTab("selection");
    };
    const words = describeStep(step),
      label = { id: `select-step-${position}`, "aria-label": `Select the images of: ${words}` };
    return h(
      "li",
      { value: position + 1 },
      h("span", {}, words),
      images.length ? button("Select", select, label) : null,
    );
  });
  return h(
    "div",
    {},
    h("h3", {}, plural(steps.length, "correction")),
    h("ol", { class: "steps", reversed: true }, ...items.reverse()),
  );
}

byId("open-corrections").addEventListener("click", () => showTab("corrections", true));
