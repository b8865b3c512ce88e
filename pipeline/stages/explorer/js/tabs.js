// The tabs of the panel.

const TABS = ["clusters", "image", "selection", "lists", "corrections"];

/** @param {string} name */
function showTab(name, focus = false) {
  for (const tab of TABS) {
    byId(tab).hidden = tab !== name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (name === "lists" && !listsAreRendered()) renderLists();
  byId(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) byId(`tab-${name}`).focus();
}

for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => showTab(tab));
byId("tabs").addEventListener("keydown", (event) => {
  const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  const current = TABS.findIndex((tab) => !byId(tab).hidden);
  if (step) showTab(TABS[(current + step + TABS.length) % TABS.length], true);
});
