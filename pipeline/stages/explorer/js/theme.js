// Light or dark as the system prefers, set before the first paint; the button may change it later.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const followSystem = () => {
  document.documentElement.dataset.theme = prefersDark.matches ? "dark" : "light";
};
prefersDark.addEventListener("change", followSystem);
followSystem();
