// What the pages do beyond links and forms, which work without it. Every address that the script loads is a page that the
// server renders for a browser without script, too: the script takes the parts out of it that it needs.
"use strict";

const root = document.documentElement;
root.classList.add("js");

const one = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const still = matchMedia("(prefers-reduced-motion: reduce)");
const form = () => one("#search");
const box = () => one("#q");

// ---- Loading pages

const kept = new Map(); // pages of pictures that were loaded ahead, by address

// load returns a page and the address that it has in the end.
async function load(address, options = {}) {
  const response = await fetch(address, options);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, address: response.url, ok: response.ok };
}

// say shows a short message, also to those who listen.
function say(text) {
  let toast = one(".toast");
  if (!toast) {
    toast = document.createElement("p");
    toast.className = "toast";
    toast.setAttribute("role", "status");
  }
  (one("dialog[open]") ?? document.body).append(toast);
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => toast.classList.remove("shown"), 4000);
}

let asking; // what is being loaded for the results

// visit shows the results of an address; how is the method of history that takes note of it. Only the last call counts:
// answers that come late are dropped.
async function visit(address, { how = "pushState", fields = true, options = {} } = {}) {
  asking?.abort();
  const mine = (asking = new AbortController());
  const slow = setTimeout(() => one("#results")?.setAttribute("aria-busy", "true"), 250);
  try {
    const found = await load(address, { ...options, signal: mine.signal });
    if (mine.signal.aborted) return;
    if (!one("#results", found.page)) {
      if (options.body) return say(one("main p", found.page)?.textContent ?? document.body.dataset.lost);
      return location.assign(found.address);
    }
    if (how) {
      leave();
      history[how]({}, "", found.address);
    }
    show(found.page, fields);
  } catch (error) {
    if (error.name !== "AbortError") say(document.body.dataset.lost);
  } finally {
    clearTimeout(slow);
    if (asking === mine) one("#results")?.removeAttribute("aria-busy");
  }
}

// show puts a page of results in the place of this one; fields says whether the fields take its values, too.
function show(page, fields) {
  document.title = page.title;
  const tools = one("#tools"), wanted = one("#tools", page);
  const open = one(".filters", tools ?? document)?.open;
  if (tools?.className !== wanted?.className || (tools && fields)) {
    tools?.remove();
    if (wanted) {
      one("#content").prepend(wanted);
      one(".filters").open ||= open ?? false;
    }
  } else if (tools) {
    one(".inforce", tools)?.remove();
    tools.append(...all(".inforce", wanted));
    one(".filters > summary span").replaceWith(one(".filters > summary span", wanted));
    one(".detailed").replaceWith(one(".detailed", wanted));
  }
  for (const part of [".carried", ".chips", ".upload [name=state]"]) one(part).replaceWith(one(part, page));
  if (fields) box().value = one("#q", page).value;
  const status = one("#results .status"), said = one(".status", one("#results", page));
  const results = one("#results", page);
  if (status && said) { // the element that is listened to stays
    status.replaceChildren(...said.childNodes);
    said.replaceWith(status);
  }
  const rest = all(".grid .tile", results).slice(2 * piece); // below the window: they follow
  for (const tile of rest) tile.remove();
  for (const img of all("img", one("#results"))) { // what is not there yet nobody waits for any more
    if (!img.complete) for (const name of ["srcset", "src"]) img.removeAttribute(name);
  }
  one("#results").replaceWith(results);
  scrollTo(0, 0);
  begin(rest);
}

// ---- The form

// address returns the results page that the form asks for, without what goes without saying.
function formAddress() {
  const query = new URLSearchParams();
  for (const field of form().elements) {
    if (!field.name || ((field.type === "radio" || field.type === "checkbox") && !field.checked)) continue;
    const value = field.value.trim();
    if (value !== "" && value !== field.dataset.silent) query.append(field.name, field.value);
  }
  query.sort();
  return query.size ? "/?" + query : "/";
}

let typing = false; // the newest entry of the history is made of words that are being typed
let waiting;

// type asks for what stands in the box, whose last word may be unfinished.
function type() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const address = new URL(formAddress(), location.href);
    if (box().value.trim() !== "") address.searchParams.append("prefix", "1");
    address.searchParams.sort();
    visit(address.pathname + address.search, { how: typing ? "replaceState" : "pushState", fields: false });
    typing = true;
  }, 30);
}

// ask asks for what the form says.
async function ask(push = true) {
  clearTimeout(waiting);
  const how = push && !typing ? "pushState" : "replaceState";
  typing = false;
  await visit(formAddress(), { how, fields: false });
}

const live = () => one("#results") && form();

document.addEventListener("input", (event) => {
  if (!live() || event.target.form !== form()) return;
  if (event.target === box()) type();
  if (event.target.type === "range") {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 60, false);
  }
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.id === "picture" && target.files.length) searchBy(target.files[0]);
  if (live() && target.form === form() && target !== box() && target.type !== "range") ask();
});

document.addEventListener("submit", (event) => {
  const { target } = event;
  if (target === form() && live()) {
    event.preventDefault();
    ask().then(() => one("#results .shot")?.focus({ preventScroll: true }));
  } else if (target.matches(".upload")) {
    event.preventDefault();
    const [file] = one("#picture").files;
    if (file) searchBy(file);
  } else if (target.matches(".theme")) {
    event.preventDefault();
    changeTheme();
  } else if (target.matches(".viewer form.find") && overlay) {
    event.preventDefault();
    const query = new URLSearchParams(new FormData(target));
    if (!query.get("find")) query.delete("find");
    view(location.pathname + "?" + query, "replaceState", "#find");
  } else if (target.matches("[action$='/open']")) {
    event.preventDefault();
    fetch(target.action, { method: "POST", redirect: "manual" }).then(
      async (answer) => answer.type === "opaqueredirect" || say(one("main p", new DOMParser().parseFromString(await answer.text(), "text/html")).textContent),
      () => say(document.body.dataset.lost));
  }
});

// changeTheme goes on to the next colours, and keeps them.
function changeTheme() {
  const button = one(".theme button"), theme = button.value;
  root.dataset.theme = theme === "system" ? "" : theme;
  button.value = { dark: "light", light: "system", system: "dark" }[theme];
  document.cookie = `clipsearch-theme=${root.dataset.theme}; path=/; samesite=strict; max-age=${root.dataset.theme ? 31536000 : 0}`;
}

// ---- Searching by a picture

// searchBy searches by a file, together with what else is asked for.
function searchBy(file) {
  const body = new FormData();
  body.append("state", one(".upload [name=state]").value);
  body.append("picture", file);
  one(".bypicture").open = false;
  if (live()) return visit("/search-by-picture", { options: { method: "POST", body } });
  one(".upload").submit(); // from a page without results
}

let dragged = 0;
const files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
document.addEventListener("dragenter", (event) => { if (files(event)) root.classList.toggle("dropping", ++dragged > 0); });
document.addEventListener("dragleave", (event) => { if (files(event)) root.classList.toggle("dropping", --dragged > 0); });
document.addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!files(event)) return;
  event.preventDefault();
  dragged = 0;
  root.classList.remove("dropping");
  if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((f) => f.type.startsWith("image/"));
  if (!file) return;
  event.preventDefault();
  take(file);
});

// take searches by a file that came without the form.
function take(file) {
  if (live()) return searchBy(file);
  const given = new DataTransfer();
  given.items.add(file);
  one("#picture").files = given.files;
  one(".upload").submit();
}

// ---- The grid

const gap = 6; // px between tiles
const strip = 74; // px of text under each tile where details are shown
const most = 8; // pages of tiles that are in the document at once
const piece = 15; // tiles that come into the document in one frame, since more of them hold up the scrolling

// rowHeight returns how high rows should be.
const rowHeight = (width) => (width < 600 ? 150 : width < 1100 ? 210 : 250);

// rows cuts shapes (width / height) into rows that fill a width, each as near to a height as can be: of all ways to cut, the
// one with the least squares of deviations. The last row of all may stay short.
function rows(shapes, width, height, last) {
  const best = [{ cost: 0 }];
  for (let end = 1; end <= shapes.length; end++) {
    let sum = 0;
    best[end] = { cost: Infinity };
    for (let start = end - 1; start >= 0; start--) {
      sum += shapes[start];
      let high = (width - gap * (end - start - 1)) / sum;
      const short = last && end === shapes.length && high > height;
      if (short) high = height;
      const off = Math.log(high / height);
      const cost = best[start].cost + (short ? 0.01 : off * off);
      if (cost < best[end].cost) best[end] = { cost, start, high };
      if (high < height / 2.5) break;
    }
  }
  const cut = [];
  for (let end = shapes.length; end > 0; end = best[end].start) cut.unshift({ start: best[end].start, end, high: best[end].high });
  return cut;
}

// firstPage returns the address of the first page of the results that an address is about.
function firstPage(of) {
  const address = new URL(of);
  address.searchParams.delete("p");
  address.searchParams.sort();
  address.hash = "";
  return address;
}

// Grid shows all pages of a result, of which it loads those near the window and puts aside those that are far.
class Grid {
  // element is the grid of a page, whose last tiles may be outside of the document.
  constructor(element, rest = []) {
    this.element = element;
    this.size = Number(element.dataset.size);
    this.address = new URL(location.href);
    this.title = document.title;
    const list = one("ol", element);
    this.slots = [];
    this.known = new Set(); // pictures that have a tile
    this.coming = new Set(); // pages of which a part is in the document, and the rest follows
    this.grow(Math.max(Number(element.dataset.pages), Number(list.dataset.page)), list);
    this.fill(this.slots[list.dataset.page - 1], [...list.children, ...rest]);
    this.more = "open" in element.dataset;
    this.width = 0;
    this.arrange();
    element.classList.add("laid");
  }

  // grow adds places for pages up to a number; list is one that is there.
  grow(pages, list) {
    for (let page = this.slots.length + 1; page <= pages; page++) {
      let place = list?.dataset.page == page ? list : null;
      if (!place) {
        place = document.createElement("ol");
        place.dataset.page = page;
        place.start = (page - 1) * this.size + 1;
      }
      this.slots.push({ page, place, tiles: null, shown: false, height: 0 });
      this.element.append(place);
    }
  }

  // fill gives a page its tiles, without those that another page has.
  fill(slot, tiles) {
    slot.tiles = tiles.filter((t) => !this.known.has(t.dataset.id));
    for (const tile of slot.tiles) this.known.add(tile.dataset.id);
    slot.shown = false;
  }

  // show puts a page's tiles into the document or takes them out of it, all at once.
  show(slot, shown) {
    this.coming.delete(slot);
    slot.shown = shown;
    if (shown) slot.place.append(...slot.tiles.slice(slot.place.childElementCount));
    else slot.place.replaceChildren();
  }

  // reveal puts a page's tiles into the document piece by piece, the first with the next look.
  reveal(slot) {
    if (slot.shown) return;
    slot.shown = true;
    this.coming.add(slot);
    lookSoon();
  }

  // put brings the next piece of a page that is coming.
  put() {
    const [slot] = this.coming;
    if (!slot) return;
    const there = slot.place.childElementCount;
    slot.place.append(...slot.tiles.slice(there, there + piece));
    if (there + piece >= slot.tiles.length) this.coming.delete(slot);
    if (this.coming.size) lookSoon();
  }

  // set places the tiles of a page and returns its height.
  set(slot) {
    const details = this.element.classList.contains("details") ? strip : 0;
    const shapes = slot.tiles.map((tile) => {
      const img = one("img", tile);
      const shape = (img.getAttribute("width") || 4) / (img.getAttribute("height") || 3);
      const kept = Math.min(3, Math.max(0.45, shape));
      img.style.objectFit = kept === shape ? "" : "contain"; // what is longer is shown whole
      return kept;
    });
    let top = 0;
    for (const row of rows(shapes, this.width, rowHeight(this.width), slot.page === this.slots.length)) {
      let left = 0;
      for (let i = row.start; i < row.end; i++) {
        const wide = row.high * shapes[i], { style } = slot.tiles[i];
        style.left = left + "px";
        style.top = top + "px";
        style.width = wide + "px";
        style.height = row.high + details + "px";
        one("img", slot.tiles[i]).sizes = Math.ceil(wide) + "px";
        left += wide + gap;
      }
      top += row.high + details + gap;
    }
    slot.set = true;
    return top;
  }

  // arrange gives all pages their heights: those not loaded yet that of the others.
  arrange() {
    const width = this.element.clientWidth;
    if (width !== this.width) {
      this.width = width;
      for (const slot of this.slots) slot.set = false;
    }
    const loaded = this.slots.filter((s) => s.tiles);
    for (const slot of loaded) if (!slot.set) this.height(slot, this.set(slot));
    const full = loaded.filter((s) => s.tiles.length >= this.size / 2);
    this.usual ||= (full[0] ?? loaded[0])?.height || innerHeight;
    for (const slot of this.slots) if (!slot.tiles && slot.height !== this.usual) this.height(slot, this.usual);
    this.measure();
    for (const slot of loaded) if (this.near(slot, 1)) this.reveal(slot);
  }

  height(slot, height) {
    slot.height = height;
    slot.place.style.height = height + "px";
  }

  // measure notes where pages are in the window. Nothing else asks for places while one scrolls: after a change the browser has to
  // lay out the document to answer.
  measure() {
    let { top } = this.element.getBoundingClientRect();
    for (const slot of this.slots) {
      slot.top = top;
      top += slot.height;
    }
  }

  // near reports whether a page was within some windows' heights of the window when it was measured.
  near(slot, windows) {
    return slot.top + slot.height > -windows * innerHeight && slot.top < (1 + windows) * innerHeight;
  }

  // look shows, loads and puts aside pages as the window has moved.
  look() {
    if (this.element.clientWidth !== this.width) {
      const at = this.top();
      this.usual = 0;
      this.arrange();
      if (at && scrollY > 0) this.to(at.rank, at.offset);
    }
    this.measure();
    const close = this.slots.filter((s) => this.near(s, 1.5));
    const shown = this.slots.filter((s) => s.shown && !close.includes(s));
    for (const slot of close) if (slot.tiles) this.reveal(slot);
    while (shown.length && shown.length + close.length > most) this.show(this.farthest(shown), false);
    for (const slot of shown) if (slot.shown && !this.near(slot, 4)) this.show(slot, false);
    const missing = close.filter((s) => !s.tiles).sort((a, b) => !this.near(a, 0) - !this.near(b, 0))[0];
    if (missing) this.load(missing);
    this.put();
  }

  // farthest takes the page farthest from the window out of a list.
  farthest(slots) {
    const away = (s) => Math.abs(s.top);
    slots.sort((a, b) => away(a) - away(b));
    return slots.pop();
  }

  pageAddress(page) {
    const address = firstPage(this.address);
    if (page > 1) address.searchParams.set("p", page);
    address.searchParams.sort();
    return address;
  }

  // load fetches one page at a time.
  async load(slot) {
    if (this.loading) return;
    this.loading = slot;
    try {
      const { page, ok } = await load(this.pageAddress(slot.page));
      await new Promise(requestAnimationFrame); // a pause after parsing
      if (grid !== this) return;
      const list = one(".grid", page);
      if (list) {
        this.grow(Number(list.dataset.pages));
        this.fill(slot, all(".tile", list));
      } else if (ok) {
        this.shrink(slot.page - 1);
      }
      if (slot.tiles) this.insert(slot);
    } catch {
      say(document.body.dataset.lost);
      await new Promise((done) => setTimeout(done, 2000));
    } finally {
      this.loading = null;
    }
    lookSoon();
  }

  // insert shows a page that was loaded; what is in the window stays where it is.
  insert(slot) {
    this.measure();
    const above = slot.top + slot.height <= 0, before = slot.height;
    this.height(slot, this.set(slot));
    this.reveal(slot);
    if (above) scrollBy({ top: slot.height - before, behavior: "instant" });
  }

  // shrink takes away pages that turned out not to be there.
  shrink(pages) {
    for (const slot of this.slots.splice(Math.max(1, pages))) slot.place.remove();
  }

  // top returns the rank of the first tile in the window, and how far it is from its top.
  top() {
    const bar = one(".bar").offsetHeight;
    for (const slot of this.slots) {
      if (!slot.shown || slot.place.getBoundingClientRect().bottom < bar) continue;
      for (const tile of slot.tiles) {
        const rect = tile.getBoundingClientRect();
        if (rect.bottom > bar + rect.height / 2) return { rank: Number(tile.id.slice(1)), offset: rect.top, page: slot.page };
      }
    }
  }

  // to brings a tile to a place in the window, and shows its page.
  async to(rank, offset = one(".bar").offsetHeight + gap) {
    const slot = this.slots[Math.min(this.slots.length, Math.ceil(rank / this.size)) - 1];
    if (!slot) return;
    if (!slot.tiles) {
      scrollBy({ top: slot.place.getBoundingClientRect().top - offset, behavior: "instant" });
      await this.load(slot);
    }
    if (!slot.tiles) return;
    this.show(slot, true);
    const tile = slot.tiles.find((t) => t.id === "r" + rank) ?? slot.tiles[0];
    if (tile) scrollBy({ top: tile.getBoundingClientRect().top - offset, behavior: "instant" });
    return tile;
  }

  // tile returns the tile with a picture, if it is loaded.
  tile(id) {
    for (const slot of this.slots) {
      const tile = slot.tiles?.find((t) => t.dataset.id === id);
      if (tile) return tile;
    }
  }

  // detail shows captions and scores, or hides them.
  detail() {
    const at = this.top();
    this.element.classList.toggle("details");
    for (const slot of this.slots) slot.set = false;
    this.usual = 0;
    this.arrange();
    if (at && scrollY > 0) this.to(at.rank, at.offset);
  }
}

let grid = null;

// begin takes the results on the page into hand; rest are tiles that belong to them.
function begin(rest) {
  const element = one(".grid");
  grid = element ? new Grid(element, rest) : null;
  grid?.look();
}

// leave writes the place in the results into the address that is being left.
function leave() {
  if (!grid || overlay || location.pathname !== "/") return;
  const at = scrollY > 80 ? grid.top() : null;
  const address = grid.pageAddress(at?.page ?? 1);
  if (at) address.hash = "r" + at.rank;
  if (address.href !== location.href) history.replaceState(history.state, "", address);
}

let looking = false, resting;
function moved() {
  clearTimeout(resting);
  resting = setTimeout(leave, 300);
  lookSoon();
}

// lookSoon has the grid look at itself in the next frame.
function lookSoon() {
  if (looking) return;
  looking = true;
  requestAnimationFrame(() => {
    looking = false;
    if (!overlay) grid?.look();
  });
}
addEventListener("scroll", moved, { passive: true });
addEventListener("resize", moved);

// switchDetails shows or hides captions, scores and ranks without asking again.
function switchDetails(link) {
  const on = !link.classList.contains("on");
  const address = new URL(location.href);
  link.classList.toggle("on", on);
  link.href = address.pathname + address.search;
  if (on) address.searchParams.set("view", "details");
  else address.searchParams.delete("view");
  address.searchParams.sort();
  history.replaceState(history.state, "", address);
  one(".carried [name=view]")?.remove();
  if (on) one(".carried").insertAdjacentHTML("beforeend", '<input type="hidden" name="view" value="details">');
  if (grid) {
    grid.address = address;
    grid.detail();
    grid.look();
  }
}

// step moves the focus from tile to tile.
function step(key) {
  const tiles = all(".tile");
  const now = document.activeElement.closest(".tile");
  let next;
  if (!now) {
    next = one("#r" + (grid.top()?.rank ?? 1));
  } else if (key === "ArrowLeft" || key === "ArrowRight") {
    next = tiles[tiles.indexOf(now) + (key === "ArrowLeft" ? -1 : 1)];
  } else {
    const from = now.getBoundingClientRect(), middle = from.left + from.width / 2, down = key === "ArrowDown";
    let least = Infinity;
    for (const tile of tiles) {
      const rect = tile.getBoundingClientRect();
      const away = down ? rect.top - from.top : from.top - rect.top;
      const far = away * 10 + Math.abs(rect.left + rect.width / 2 - middle);
      if (away > 5 && far < least) [least, next] = [far, tile];
    }
  }
  if (!next) return;
  one(".shot", next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// ---- One picture

let overlay = null; // the dialog that shows a picture over the results
let viewing; // what is being loaded for it

// view shows the picture of an address over the results; how is the method of history.
async function view(address, how, focus) {
  viewing?.abort();
  const mine = (viewing = new AbortController());
  let found;
  try {
    found = await (kept.get(address) ?? load(address, { signal: mine.signal }));
    kept.delete(address);
  } catch (error) {
    if (error.name !== "AbortError") say(document.body.dataset.lost);
    return;
  }
  const viewer = one(".viewer", found.page);
  if (mine.signal.aborted) return;
  if (!viewer) return say(one("main p", found.page)?.textContent ?? document.body.dataset.lost);
  const img = one(".shown img", viewer);
  await Promise.race([img.decode().catch(() => {}), new Promise((done) => setTimeout(done, 250))]);
  if (mine.signal.aborted) return;
  if (how) {
    leave();
    history[how]({ over: how === "pushState" || history.state?.over }, "", address);
  }
  document.title = found.page.title;
  if (!overlay) {
    overlay = document.createElement("dialog");
    overlay.className = "overlay";
    overlay.addEventListener("cancel", (event) => {
      event.preventDefault();
      back();
    });
    document.body.append(overlay);
    overlay.showModal();
  }
  const part = document.createElement("div");
  part.className = "viewer";
  Object.assign(part.dataset, viewer.dataset);
  part.append(...viewer.childNodes);
  overlay.setAttribute("aria-label", one("h1", part).textContent);
  one(".heat", overlay)?.removeAttribute("src"); // nobody waits for it any more
  overlay.replaceChildren(part);
  new Stage(part);
  seek(part);
  (focus ? one(focus, part) : one(".stage .shown", part))?.focus({ preventScroll: true });
  ahead(part);
}

// seek says that a thing is being looked for in the picture until its map is there, or why there is none.
function seek(viewer) {
  const heat = one(".heat", viewer), status = one(".find [role=status]", viewer);
  if (!heat) return;
  const over = (text) => {
    viewer.classList.remove("seeking");
    status.textContent = text;
  };
  const failed = async () => {
    const answer = await fetch(heat.src).catch(() => null);
    heat.remove();
    over((answer && !answer.ok && (await answer.json()).error) || document.body.dataset.lost);
  };
  if (heat.complete) return heat.naturalWidth ? null : failed();
  viewer.classList.add("seeking");
  status.textContent = status.dataset.busy;
  heat.addEventListener("load", () => over(""));
  heat.addEventListener("error", failed);
}

// ahead loads the picture that comes next.
function ahead(viewer) {
  kept.clear();
  const next = one("a[rel=next]", viewer)?.getAttribute("href");
  if (!next) return;
  const page = load(next);
  kept.set(next, page);
  page.then((found) => {
    const img = one(".shown img", found.page);
    if (img) Object.assign(new Image(), { sizes: img.sizes, srcset: img.srcset, src: img.src });
  }, () => kept.delete(next));
}

// back leaves the picture for the results.
function back() {
  if (history.state?.over) return history.back();
  const link = one(".viewer .close");
  if (link) link.click();
  else if (overlay) close();
}

// close takes the picture away; the focus goes to its tile.
async function close() {
  viewing?.abort();
  if (!overlay) return;
  const { id, rank } = one(".viewer", overlay).dataset;
  overlay.remove();
  overlay = null;
  const tile = grid?.tile(id) ?? (rank && (await grid?.to(rank)));
  if (!tile) return;
  const slot = grid.slots.find((s) => s.tiles?.includes(tile));
  grid.show(slot, true);
  tile.scrollIntoView({ block: "nearest" });
  one(".shot", tile).focus({ preventScroll: true });
}

// Stage lets a picture be looked at closely: by wheel, keys, clicks and two fingers.
class Stage {
  constructor(viewer) {
    this.element = one(".stage", viewer);
    this.shown = one(".shown", viewer);
    this.img = one("img", this.shown);
    this.fingers = new Map();
    this.whole();
    const on = (name, does, options) => this.element.addEventListener(name, (event) => does.call(this, event), options);
    on("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.clientX, event.clientY);
    }, { passive: false });
    on("click", this.click);
    on("pointerdown", this.press);
    on("pointermove", this.drag);
    on("pointerup", this.lift);
    on("pointercancel", this.lift);
    Stage.now = this;
  }

  whole() {
    this.scale = 1;
    this.x = this.y = 0;
    this.apply();
  }

  apply() {
    const room = (size, inner) => Math.max(0, (inner * this.scale - size) / 2);
    const { clientWidth, clientHeight } = this.element;
    const [wide, high] = [room(clientWidth, this.img.clientWidth), room(clientHeight, this.img.clientHeight)];
    this.x = Math.min(wide, Math.max(-wide, this.x));
    this.y = Math.min(high, Math.max(-high, this.y));
    this.shown.style.transform = this.scale === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.element.classList.toggle("close-up", this.scale > 1);
    const { original } = this.element.dataset;
    if (this.scale > 1 && original && !this.sharp) { // the file itself, once it is looked at closely
      this.sharp = new Image();
      this.sharp.src = original;
      this.sharp.decode().then(() => {
        this.img.removeAttribute("srcset");
        this.img.src = original;
      }, () => {});
    }
  }

  // zoom makes the picture larger by a factor around a point of the window.
  zoom(factor, x, y) {
    const rect = this.element.getBoundingClientRect();
    const [px, py] = [(x ?? rect.left + rect.width / 2) - rect.left - rect.width / 2, (y ?? rect.top + rect.height / 2) - rect.top - rect.height / 2];
    const scale = Math.min(12, Math.max(1, this.scale * factor)), by = scale / this.scale;
    this.x = px - (px - this.x) * by;
    this.y = py - (py - this.y) * by;
    this.scale = scale;
    this.apply();
  }

  click(event) {
    if (!event.target.closest(".shown")) return;
    event.preventDefault();
    if (this.dragged || event.detail === 0) return;
    if (this.scale > 1) this.whole();
    else this.zoom(2.5, event.clientX, event.clientY);
  }

  press(event) {
    if (event.target.closest(".round")) return;
    this.fingers.set(event.pointerId, event);
    this.dragged = false;
  }

  drag(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (this.fingers.size === 2) {
      const other = [...this.fingers.values()].find((f) => f.pointerId !== event.pointerId);
      const apart = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
      this.zoom(apart(event) / Math.max(1, apart(before)), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
      this.dragged = true;
    } else if (this.scale > 1 && (this.dragged || Math.hypot(dx, dy) > 4)) {
      if (!this.dragged) this.element.setPointerCapture(event.pointerId);
      this.dragged = true;
      this.x += dx;
      this.y += dy;
      this.apply();
    } else {
      return;
    }
    this.fingers.set(event.pointerId, event);
  }

  lift(event) {
    const first = this.fingers.get(event.pointerId);
    this.fingers.delete(event.pointerId);
    if (first && this.scale === 1 && event.pointerType === "touch" && !this.dragged) { // a wipe turns the page
      const dx = event.clientX - first.clientX;
      if (Math.abs(dx) > 60) turn(dx > 0 ? "prev" : "next");
    }
  }
}

// turn goes to the previous or next picture.
function turn(which) {
  const link = one(`.viewer a[rel=${which}]`);
  if (!link) return;
  if (overlay) view(link.getAttribute("href"), "replaceState");
  else location.assign(link.href);
}

// ---- Help

async function help() {
  const open = one("dialog.helped");
  if (open) return open.close();
  const { page } = await load("/help");
  const dialog = document.createElement("dialog");
  dialog.className = "helped";
  dialog.setAttribute("aria-label", one(".helping h1", page).textContent);
  dialog.append(one(".helping", page));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
}

// ---- Clicks

document.addEventListener("click", (event) => {
  for (const open of all("details.popover[open]")) if (!open.contains(event.target)) open.open = false;
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const copy = event.target.closest(".copy");
  if (copy) return navigator.clipboard.writeText(copy.dataset.copy).then(() => say(copy.dataset.done), () => say(copy.dataset.copy));
  const link = event.target.closest("a[href]");
  if (!link || link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
  const go = (does) => {
    event.preventDefault();
    does();
  };
  if (link.matches(".quiet.help")) return go(help);
  if (link.matches(".choose")) return go(async () => link.replaceWith(one(".choice", (await load("/folders" + location.search)).page)));
  if (link.matches(".detailed")) return go(() => switchDetails(link));
  if (link.matches(".stage .close") && history.state?.over) return go(() => history.back());
  if (!one("#results")) return;
  if (link.matches(".turn")) return go(() => turn(link.rel));
  if (link.matches(".viewer .clear")) return go(() => view(link.getAttribute("href"), "replaceState", "#find"));
  if (link.pathname.startsWith("/picture/") && (grid || overlay)) return go(() => view(link.getAttribute("href"), "pushState"));
  if (link.pathname === "/" && link.hash === "") {
    go(() => {
      close();
      typing = false;
      visit(link.href);
    });
  }
});

// ---- Keys

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = target.closest("input:not([type=radio], [type=checkbox], [type=range]), select, textarea");
  const popover = one("details.popover[open]");
  if (key === "Escape") {
    if (popover) {
      popover.open = false;
      one("summary", popover).focus();
    } else if (writing && target.closest(".bar")) {
      target.blur();
    } else if (one("main.viewer") && !one("dialog[open]")) {
      one(".viewer .close")?.click();
    }
    return;
  }
  if (writing) {
    if (key === "ArrowDown" && target === box() && grid) go(event, () => step(key));
    return;
  }
  const viewer = one(".viewer"), helped = one("dialog.helped");
  const does = keys(viewer)[key];
  if (key === "?") go(event, help);
  else if (does && !helped) go(event, () => does(key));
});

function go(event, does) {
  if (does() !== false) event.preventDefault();
}

const press = (selector) => () => one(selector) ? one(selector).click() : false;

// keys returns what keys do on the page as it is.
function keys(viewer) {
  const anywhere = { t: changeTheme };
  if (viewer) {
    const stage = () => Stage.now;
    return {
      ...anywhere,
      ArrowLeft: () => turn("prev"), ArrowRight: () => turn("next"),
      "+": () => stage().zoom(1.4), "=": () => stage().zoom(1.4), "-": () => stage().zoom(1 / 1.4), 0: () => stage().whole(),
      l: () => one("#find", viewer)?.focus(), o: press("[action$='/open'] button"), c: press(".viewer .copy"), m: press(".viewer .actions .primary"),
    };
  }
  const mode = (n) => () => {
    const radio = all(".modes input")[n];
    if (!radio) return false;
    radio.checked = true;
    ask();
  };
  return {
    ...anywhere,
    "/": () => { box().focus({ preventScroll: true }); box().select(); },
    f: press(".filters > summary"), d: press(".detailed"), u: press(".bypicture > summary"),
    1: mode(0), 2: mode(1), 3: mode(2),
    m: () => document.activeElement.closest(".tile") ? one(".like", document.activeElement.closest(".tile")).click() : false,
    ...(grid && !document.activeElement.matches("[type=radio], [type=range]") ? { ArrowLeft: step, ArrowRight: step, ArrowUp: step, ArrowDown: step } : {}),
  };
}

// ---- Back and forward

addEventListener("popstate", async () => {
  if (location.pathname.startsWith("/picture/")) {
    if (one("#results")) return view(location.pathname + location.search);
    return location.reload();
  }
  clearTimeout(resting);
  typing = false;
  const had = overlay;
  await close();
  if (!one("#results") || location.pathname !== "/") return location.reload();
  const rank = Number(location.hash.slice(2));
  if (grid && grid.pageAddress(1).href === firstPage(location.href).href) {
    document.title = grid.title;
    if (!had && rank) grid.to(rank);
    else if (!had) scrollTo(0, 0);
    return;
  }
  await visit(location.pathname + location.search, { how: null });
  if (rank) grid?.to(rank);
});

// ---- The library

// follow keeps the work on the page as it is, from when the page was made.
function follow() {
  let due, busy = false;
  const renew = async () => {
    due = null;
    if (busy) return changed();
    busy = true;
    try {
      const had = one("#jobs"), live = "live" in had.dataset;
      const { page } = await load(live ? "/library/jobs" : "/library");
      const now = one("#jobs", page), focus = document.activeElement.closest("#jobs [name=do]");
      had.replaceWith(now);
      if (focus) one(`#jobs [value=${focus.value}]`)?.focus();
      if (live && !("live" in now.dataset)) changed(); // it is over: the counts are others
      if (!live) for (const part of [".figures", ".tree", ".skips"]) if (one(part) && one(part, page)) one(part).replaceWith(one(part, page));
    } catch {
      // the next event tries again
    }
    busy = false;
  };
  const changed = () => { due ??= setTimeout(renew, 400); };
  // A browser holds few connections to a server: only a page that can be seen keeps one.
  let events;
  const listen = () => {
    events?.close();
    if (document.hidden) return;
    events = new EventSource("/api/v1/jobs/events");
    events.addEventListener("job", changed);
  };
  listen();
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => events.close());
}

// complete offers the folders that go on with what stands in a field.
async function complete(field) {
  complete.last?.abort();
  complete.last = new AbortController();
  try {
    const answer = await fetch("/api/v1/complete?path=" + encodeURIComponent(field.value), { signal: complete.last.signal });
    const { folders } = await answer.json();
    one("#paths").replaceChildren(...folders.map((path) => Object.assign(document.createElement("option"), { value: path })));
  } catch {
    // it can be typed
  }
}

// completeTag offers the tags that go on with the last one in the field.
async function completeTag(field) {
  const before = field.value.replace(/[^,]*$/, (last) => /^ */.exec(last)[0]);
  try {
    const answer = await fetch("/api/v1/tags?begin=" + encodeURIComponent(field.value.slice(before.length)));
    const { tags } = await answer.json();
    field.list.replaceChildren(...tags.map(({ tag }) => Object.assign(document.createElement("option"), { value: before + tag })));
  } catch {
    // it can be typed
  }
}

for (const when of ["input", "focusin"]) {
  document.addEventListener(when, ({ target }) => {
    if (target.name === "folder" && one("#paths")) complete(target);
    if (target.name === "tag" && target.list && when === "input") completeTag(target);
  });
}

// ---- The page as it came

document.addEventListener("DOMContentLoaded", () => {
  history.scrollRestoration = "manual";
  const rank = Number(location.hash.slice(2));
  begin();
  if (rank) grid?.to(rank);
  const viewer = one("main.viewer");
  if (viewer) {
    new Stage(viewer);
    seek(viewer);
  }
  if (one("#jobs") && location.pathname.startsWith("/library")) follow();
});
