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
  for (const field of search.elements) {
    const standard = field.name === "mode" && field.value === "hybrid" || field.name === "sort" && field.value === "relevance";
    field.disabled ||= field.name !== "" && field.name !== "q" && (field.value === "" || standard && (field.checked || field.type !== "radio"));
  }
  setTimeout(() => { // the form is usable when the person comes back to the page
    for (const field of search.elements) field.disabled = false;
  });
});

// A chosen picture is searched by at once.
upload?.addEventListener("change", () => upload.requestSubmit());
