"use strict";
const charts = JSON.parse(document.getElementById("charts").textContent);
const root = document.documentElement;
const buttons = document.querySelectorAll("[data-to]");
const options = { displayModeBar: false, responsive: true };
const printed = 680;

function show(language) {
  root.dataset.language = language;
  root.lang = language === "zh" ? "zh-CN" : "en";
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.to === language));
  for (const [id, drawn] of Object.entries(charts)) {
    const { data, layout, label } = drawn[language];
    const place = document.getElementById(id);
    place.setAttribute("aria-label", label);
    Plotly.react(place, data, layout, options);
  }
}

function fit(width) {
  for (const id of Object.keys(charts)) Plotly.relayout(id, width ? { width } : { width: null, autosize: true });
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    history.replaceState(null, "", `#${button.dataset.to}`);
    show(button.dataset.to);
  });
}
addEventListener("beforeprint", () => fit(printed));
addEventListener("afterprint", () => fit(0));
show(buttons.length && location.hash === "#en" ? "en" : root.dataset.language);
