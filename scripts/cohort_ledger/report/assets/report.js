// Draws every chart from the specification beside it. Expressions are interpreted (ast), so that nothing is evaluated
// as code; colours are variables of the style sheet, so that light, dark and print need nothing from here.
const PAPER_WIDTH = 660;
const PAIRED_WIDTH = 310;
const places = [...document.querySelectorAll("[data-chart]")];
const drawn = places.map((place) =>
  window.vegaEmbed(place, JSON.parse(document.getElementById(`spec-${place.dataset.chart}`).textContent), {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    ast: true,
    defaultStyle: false,
    tooltip: { theme: "report", disableDefaultStyle: true },
  }),
);
Promise.all(drawn).then((charts) => {
  document.documentElement.dataset.charts = "drawn";
  // on paper, charts are drawn at its width, so that their words keep their size
  window.addEventListener("beforeprint", () => {
    charts.forEach(({ view }, position) => {
      view.width(places[position].closest(".pair") ? PAIRED_WIDTH : PAPER_WIDTH).run();
    });
  });
  window.addEventListener("afterprint", () => window.dispatchEvent(new Event("resize")));
});

const toggle = document.getElementById("theme");
toggle.hidden = false;
toggle.addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
});

for (const button of document.querySelectorAll("[data-copies]")) {
  const query = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    // selected, too, for where a page may not write to the clipboard
    getSelection().selectAllChildren(query);
    try {
      await navigator.clipboard.writeText(query.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected: copy it now";
    }
  });
}
