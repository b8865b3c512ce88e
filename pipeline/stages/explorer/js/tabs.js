// The tabs of the panel.

const TABS = ["clusters", "image", "selection", "lists", "similar", "corrections"];

/** @param {string} name */
function showTab(name, focus = false) {
  for (const tab of TABS) {
    byId(tab).hidden = tab !== name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  byId(`tab-${name}`).hidden = false; // "Similar" is hidden until it is used
  if (name === "lists" && !listsAreRendered()) renderLists();
  byId(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) byId(`tab-${name}`).focus();
}

for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => showTab(tab));
byId("tabs").addEventListener("keydown", (event) => {
  const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
  const tabs = TABS.filter((tab) => !byId(`tab-${tab}`).hidden);
  const current = tabs.findIndex((tab) => !byId(tab).hidden);
  if (step) showTab(tabs[(current + step + tabs.length) % tabs.length], true);
});
