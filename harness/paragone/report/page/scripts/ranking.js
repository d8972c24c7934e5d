// The first screen: which of the rankings in the page is shown.
"use strict";

(function (paragone) {
  const { view, format } = paragone;
  const form = document.getElementById("ranking-controls");
  const rankings = [...document.querySelectorAll(".ranking")];
  if (!form) return;

  const CHOICES = [["Problem", "problem", "problem"], [format.capitalised(paragone.data.shared_words.size), "size", "size"],
    ["dtype", "of", "dtype"], ["Threads", "threads", "threads"]]; // label, choice, what a ranking calls it
  const BY_NUMBER = ["size", "threads"];

  function update() {
    paragone.refresh(form);
    let found = false;
    for (const ranking of rankings) {
      ranking.hidden = CHOICES.some(([, name, of]) => ranking.dataset[of] !== view.chosen[name]);
      found ||= !ranking.hidden;
    }
    document.getElementById("no-ranking").hidden = found;
  }

  for (const [label, name, of] of CHOICES) {
    const values = [...new Set(rankings.map((ranking) => ranking.dataset[of]))];
    if (BY_NUMBER.includes(of)) values.sort((a, b) => a - b);
    if (values.length > 1 || ["size", "dtype"].includes(of)) {
      form.append(paragone.choice(label, name, values.map((value) => [value, of === "size" ? format.size(value) : value])));
    }
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
  view.onChange(update);
})(window.paragone);
