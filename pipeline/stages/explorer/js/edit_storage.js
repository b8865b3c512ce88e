// Corrections are kept in the browser, under the digest of the clustering: no other clustering shows them.

const STORAGE_KEY = `corrections of clustering ${data.clustering}`;

/** False if the browser keeps nothing for this page, as in some private windows, or has no room. */
let storageWorks = true;

/** @returns {{ steps: Step[], isSaved: boolean }} no steps if there is nothing that can be used */
function readStored() {
  const nothing = { steps: [], isSaved: false };
  let text;
  try {
    text = localStorage.getItem(STORAGE_KEY);
  } catch {
    storageWorks = false;
    return nothing;
  }
  try {
    const { steps, isSaved } = JSON.parse(text ?? "null") ?? nothing;
    if (!steps.every((/** @type {Step} */ step) => step.length)) return nothing;
    checkEdits(steps.flat());
    return { steps, isSaved };
  } catch {
    return nothing; // of another version of this page
  }
}

/**
 * @param {Step[]} steps
 * @param {boolean} isSaved whether edits.json has them
 */
function store(steps, isSaved) {
  try {
    if (steps.length) localStorage.setItem(STORAGE_KEY, JSON.stringify({ steps, isSaved }));
    else localStorage.removeItem(STORAGE_KEY);
    storageWorks = true;
  } catch {
    storageWorks = false;
  }
}
