// What the pages do beyond links and forms, which work without it.
"use strict";

const box = document.getElementById("q");
const search = document.querySelector("form.search");
const upload = document.querySelector("form.upload");

// "/" goes to the search box, as on many pages with one.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "/" && box && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

// Another mode answers the same question at once.
search?.addEventListener("change", (event) => {
  if (event.target.name === "mode" && (box.value.trim() !== "" || search.querySelector("[name=like], [name=upload]"))) {
    search.requestSubmit();
  }
});

// Fields that say nothing stay out of the address.
search?.addEventListener("submit", () => {
  const defaults = ["", "hybrid", "relevance"];
  const silent = [...search.elements].filter((field) => field.name && field !== box && defaults.includes(field.value));
  for (const field of silent) field.disabled = true;
  setTimeout(() => { // whoever comes back to the page finds them usable
    for (const field of silent) field.disabled = false;
  });
});

// A chosen picture is searched by at once.
upload?.addEventListener("change", () => upload.requestSubmit());
