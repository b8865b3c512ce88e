// Files that the user drops anywhere on the page, or chooses: each kind goes to the part of the page that uses it.

const dropField = byId("drop");
const fileInput = inputById("files");
const querySuffixes = fileInput.dataset.suffixes?.split(" ") ?? [];

/** @param {File} file */
const isQuery = ({ name }) => querySuffixes.some((suffix) => name.toLowerCase().endsWith(suffix));

/** @param {File[]} files */
async function useFiles(files) {
  const [file] = files;
  fileError = "";
  renderSimilar();
  if (files.every(isQuery) && (files.length === 1 || queriesArePictures)) {
    showTab("similar");
    showQueries(files);
  } else if (files.length > 1) refuseFile(`Drop one file at a time${queriesArePictures ? ", or several pictures" : ""}`);
  else if (/\.json$/i.test(file.name)) {
    showTab("corrections");
    await loadEdits(file);
  } else {
    showTab("similar");
    await loadSearchTable(file);
  }
}

/** @param {File} file */
async function loadSearchTable(file) {
  const unknown = `${file.name} cannot be used: drop a ${QUERY_NOUN}, ${SEARCH_FILE} or ${EDITS_FILE}`;
  if (!/\.csv$/i.test(file.name)) return refuseFile(unknown);
  try {
    const table = parseSearchTable(await file.text());
    if (table) showSearchTable(table);
    else refuseFile(unknown);
  } catch (error) {
    refuseFile(`${file.name} cannot be used: ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {string} message */
function refuseFile(message) {
  showTab("similar");
  fileError = message;
  renderSimilar();
}

byId("choose-files").addEventListener("click", () => fileInput.click());
fileInput.addEventListener("change", () => {
  const files = [...(fileInput.files ?? [])];
  fileInput.value = ""; // so that the same file can be chosen again
  if (files.length) useFiles(files);
});

// Browsers offer a picture of the page that is dragged as a file too.
let isOwnDrag = false;
document.addEventListener("dragstart", () => (isOwnDrag = true));
document.addEventListener("dragend", () => (isOwnDrag = false));

/** @param {DragEvent} event */
const bringsFiles = (event) => !isOwnDrag && Boolean(event.dataTransfer?.types.includes("Files"));

document.addEventListener("dragenter", (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  dropField.hidden = Boolean(document.querySelector("dialog[open]"));
});
document.addEventListener("dragover", (event) => {
  if (!bringsFiles(event) || !event.dataTransfer) return;
  event.preventDefault(); // else the browser would open the file in place of the page
  event.dataTransfer.dropEffect = dropField.hidden ? "none" : "copy";
});
dropField.addEventListener("dragleave", () => (dropField.hidden = true));
document.addEventListener("drop", (event) => {
  if (!bringsFiles(event)) return;
  event.preventDefault();
  const files = dropField.hidden ? [] : [...(event.dataTransfer?.files ?? [])];
  dropField.hidden = true;
  if (files.length) useFiles(files);
});
