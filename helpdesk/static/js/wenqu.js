/* Small conveniences on top of pages that work without them. No evaluation of text, no storage of what others wrote. */
"use strict";
(() => {
  const root = document.documentElement;
  const $ = (sel, within = document) => within.querySelector(sel);
  const $$ = (sel, within = document) => [...within.querySelectorAll(sel)];
  const on = (type, run, capture = false) => document.addEventListener(type, run, capture);
  const words = JSON.parse(document.body.dataset.words || "{}");
  const visible = (el) => !!el && el.getClientRects().length > 0;
  const say = (text) => { const live = $("#live"); if (live) live.textContent = text; };
  let byKeyboard = false;
  let lastUse = Date.now();

  /* ---- text: how much is left; numbers with − and +; names of chosen files; copying ---- */
  const count = (box) => {
    const out = document.getElementById(box.id + "-c");
    if (!out) return;
    const left = Number(box.dataset.count) - [...box.value].length;
    out.textContent = out.dataset[left < 0 ? "over" : "left"].replace("{n}", Math.abs(left));
    out.classList.toggle("over", left < 0);
  };
  const nudge = (button) => {
    const box = $("input", button.parentElement);
    const step = Number(box.step) || 1;
    let value = (Number(box.value) || 0) + step * Number(button.dataset.step);
    if (box.min !== "") value = Math.max(value, Number(box.min));
    if (box.max !== "") value = Math.min(value, Number(box.max));
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  /* chosen files: a browser forgets the first choice at the second, a camera gives one at a time; here they add up */
  const chosen = new WeakMap();
  const sizeOf = (n) => (n < 1048576 ? `${Math.max(1, Math.round(n / 1024))} KB` : `${(n / 1048576).toFixed(1)} MB`);
  const give = (input, files) => {
    const box = new DataTransfer();
    files.forEach((f) => box.items.add(f));
    input.files = box.files;
    chosen.set(input, files);
  };
  const listFiles = (out) => {
    $$(".fileok", out).forEach((row) => row.remove());
    for (const input of $$(`[data-files="${out.id}"]`)) {
      for (const file of chosen.get(input) || []) {
        const row = $("template", out).content.cloneNode(true).firstElementChild;
        const large = file.size > out.dataset.most * 1048576;
        $("div > span", row).textContent = file.name;
        $("small", row).textContent = sizeOf(file.size) + (large ? ` · ${out.dataset.large}` : "");
        row.classList.toggle("bad", large);
        $("button .vh", row).textContent = file.name;
        $("button", row).onclick = () => {
          give(input, chosen.get(input).filter((f) => f !== file));
          listFiles(out);
          ($(".fileok button", out) || input).focus();
        };
        out.append(row);
      }
    }
  };
  const addFiles = (input) => {
    const out = document.getElementById(input.dataset.files);
    if (!out) return;
    const before = chosen.get(input) || [];
    const isNew = (f) => !before.some((b) => b.name === f.name && b.size === f.size && b.lastModified === f.lastModified);
    give(input, [...before, ...[...input.files].filter(isNew)]);
    listFiles(out);
  };
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* no permission or plain http */ }
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  };

  /* ---- text that was typed and not sent: kept under the form's key, shown again after an expired session ---- */
  const store = (form) => ("keepLong" in form.dataset ? localStorage : sessionStorage);
  const keyOf = (form) => "wq:" + form.dataset.keep;
  const kept = (form) => [...form.elements].filter((e) => e.name && e.name !== "csrf_token" && !["hidden", "password", "file", "submit", "button"].includes(e.type));
  const keep = (form) => {
    const data = kept(form).map((e) => [e.name, e.value, /radio|checkbox/.test(e.type) ? e.checked : null]);
    try { store(form).setItem(keyOf(form), JSON.stringify(data)); } catch { /* full or forbidden */ }
  };
  const forget = (key) => { sessionStorage.removeItem(key); localStorage.removeItem(key); };
  const restore = (form) => {
    const text = store(form).getItem(keyOf(form));
    if (!text || $("#errors")) return;
    let changed = false;
    let place = null;
    for (const [name, value, checked] of JSON.parse(text)) {
      const box = kept(form).find((e) => e.name === name && (checked === null || e.value === value));
      if (!box) continue;
      if (checked !== null) { box.checked = checked; continue; }
      /* words of the server are never overwritten */
      if (value && value !== box.value && (!box.value || "keepOver" in form.dataset)) { place = place || box; box.value = value; changed = true; box.dispatchEvent(new Event("input", { bubbles: true })); }
    }
    if (!changed) return;
    const note = document.createElement("p");
    const drop = document.createElement("button");
    note.className = "restored";
    note.append(words.restored, drop);
    drop.type = "button";
    drop.className = "link";
    drop.textContent = words.discard;
    drop.onclick = () => { forget(keyOf(form)); form.reset(); note.remove(); $$("[data-count]", form).forEach(count); };
    (place.closest(".fld") || form).append(note);
  };
  /* a form that left this page and did not come back with errors has arrived, unless we were sent to log in */
  const settle = () => {
    const sent = sessionStorage.getItem("wq-sent");
    sessionStorage.removeItem("wq-sent");
    if (sent && !$("#errors, .err-page") && !location.pathname.startsWith("/login")) forget(sent);
  };

  /* ---- sending: once, with a busy button; a warning before unsent words are left behind ---- */
  const free = (form) => {
    delete form.dataset.sent;
    for (const b of $$("[aria-busy]", form)) {
      b.removeAttribute("aria-busy");
      if (b.dataset.was) { b.lastElementChild.textContent = b.dataset.was; delete b.dataset.was; }
    }
  };
  on("submit", (e) => {
    const form = e.target;
    if (form.dataset.sent) { e.preventDefault(); e.stopImmediatePropagation(); return; }
    const large = $(".fileok.bad", form);
    if (large) { e.preventDefault(); e.stopImmediatePropagation(); $("button", large).focus(); say($("small", large).textContent); return; }
    const bar = $("progress.up", form);
    if (bar && $("template ~ .fileok", form) && !form.hasAttribute("hx-post")) { bar.hidden = false; bar.removeAttribute("value"); }
    if ("guard" in form.dataset) {
      form.dataset.sent = "1";
      setTimeout(free, 15000, form);
      const b = e.submitter;
      if (b) {
        b.setAttribute("aria-busy", "true");
        setTimeout(() => {
          const text = b.dataset.busy && b.getAttribute("aria-busy") && $("span", b);
          if (!text || text !== b.lastElementChild) return;
          b.style.minWidth = b.offsetWidth + "px";
          b.dataset.was = text.textContent;
          text.textContent = b.dataset.busy;
        }, 300);
      }
    }
    /* what is being sent is not kept any more after this: a late timer would bring back words that have arrived */
    if (waiting === form) waiting = null;
    flush();
    if (form.dataset.keep) { keep(form); sessionStorage.setItem("wq-sent", keyOf(form)); }
    delete form.dataset.dirty;
  }, true);
  addEventListener("pageshow", (e) => { if (e.persisted) $$("form[data-sent]").forEach(free); });
  addEventListener("beforeunload", (e) => { if ($("form[data-warn][data-dirty]")) { e.preventDefault(); e.returnValue = words.leave; } });

  /* the others are told that somebody writes, not what */
  let lastWord = 0;
  on("htmx:configRequest", (e) => { if (e.target.id === "present") e.detail.parameters.writing = Date.now() - lastWord < 20000 ? "1" : "0"; });
  let keepTimer = 0;
  let waiting = null;
  const flush = () => { clearTimeout(keepTimer); if (waiting) keep(waiting); waiting = null; };
  addEventListener("pagehide", flush);
  on("input", (e) => {
    const box = e.target;
    const form = box.form;
    if (box.dataset && box.dataset.count) count(box);
    if (!form) return;
    if (e.isTrusted) lastWord = Date.now();
    if (e.isTrusted && box.localName === "textarea") { if (box.value) form.dataset.dirty = "1"; else delete form.dataset.dirty; }
    if (form.dataset.keep) { if (waiting !== form) flush(); clearTimeout(keepTimer); waiting = form; keepTimer = setTimeout(flush, 400); }
  });

  /* ---- colleagues: an @ in a note asks for names; arrows walk them, Enter takes one, Esc closes ---- */
  const note = () => $("#composer-text");
  const names = () => (note() ? $$("#composer #mentions a") : []);
  const sign = () => { const found = /(^|[^A-Za-z0-9_])[@＠]([^\s@＠]{0,20})$/.exec(note().value.slice(0, note().selectionStart)); return found && found[2]; };
  const closeNames = () => { const box = $("#composer #mentions"); if (box) box.replaceChildren(); };
  const name = (link) => {
    const box = note(), typed = sign();
    box.setRangeText(`@${link.dataset.mention} `, box.selectionStart - (typed === null ? 0 : typed.length + 1), box.selectionStart, "end");
    closeNames();
    box.focus();
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  on("input", (e) => {
    const box = $("#composer #mentions");
    if (!box || e.target !== note() || !e.isTrusted) return;
    if (sign() === null) closeNames(); else box.dispatchEvent(new CustomEvent("wq:mention"));
  });
  on("htmx:configRequest", (e) => { if (e.target.id === "mentions") e.detail.parameters.q = sign() || ""; });
  on("htmx:afterSettle", (e) => { if (e.target.id === "mentions" && names().length) say(e.target.firstElementChild.textContent); });
  /* Whether the key was one of the list's. */
  const walkNames = (e) => {
    const all = names();
    const at = all.indexOf(document.activeElement);
    if (!all.length || (at < 0 && e.target !== note())) return false;
    if (e.code === "Escape") { closeNames(); note().focus(); return true; }
    if (e.code === "ArrowDown" || (e.code === "ArrowUp" && at >= 0)) {
      e.preventDefault();
      (all[Math.min(at + (e.code === "ArrowDown" ? 1 : -1), all.length - 1)] || note()).focus();
      return true;
    }
    if (at >= 0 && e.key.length === 1 && e.key !== " ") { note().focus(); return true; }
    return at >= 0;
  };

  /* ---- rows of the desk ---- */
  const list = () => $("[data-keys]");
  const rows = () => (list() ? $$("[data-row]", list()) : []);
  const currentRow = () => rows().find((r) => r.contains(document.activeElement)) || rows().find((r) => r.hasAttribute("aria-current")) || null;
  const rove = () => {
    const at = currentRow() || rows()[0];
    for (const r of rows()) for (const el of $$(".t1, .pick input", r)) el.tabIndex = r === at ? 0 : -1;
  };
  const mark = (row) => { for (const r of rows()) r === row ? r.setAttribute("aria-current", "true") : r.removeAttribute("aria-current"); rove(); };
  const tally = () => {
    const n = $$(".pick :checked").length;
    for (const b of $$("[data-chosen]")) b.textContent = b.dataset.chosen.replace("{n}", n);
  };
  let moveTimer = 0;
  const move = (by, extend) => {
    const all = rows();
    const from = currentRow();
    const to = all[from ? all.indexOf(from) + by : 0];
    if (!to) return;
    if (extend) for (const r of [from, to]) { const box = r && $(".pick input", r); if (box) box.checked = true; }
    tally();
    mark(to);
    $(".t1", to).focus();
    to.scrollIntoView({ block: "nearest" });
    clearTimeout(moveTimer);
    if (visible($("#pane"))) moveTimer = setTimeout(() => $(".t1", to).click(), 150);
  };
  const sheet = (open) => {
    const box = $("#keys");
    if (!box) return;
    box.hidden = open === undefined ? !box.hidden : !open;
    if (!box.hidden) box.focus();
  };
  const press = (key) => {
    const found = $$(`[data-key="${key}"]`).filter(visible);
    const el = key === "Z" ? $("#toast [data-key=Z]") || found.pop() : found[0];
    if (!el) return false;
    el.click();
    if (el.localName === "summary" && el.parentElement.open) $("a, button", el.nextElementSibling).focus();
    return true;
  };
  const closeAll = () => {
    const open = $("details.menu[open]");
    if (open) { open.open = false; $("summary", open).focus(); return; }
    if ($("#keys") && !$("#keys").hidden) { sheet(false); return; }
    $$(".pick :checked").forEach((box) => { box.checked = false; });
    tally();
  };

  /* Single keys: by place on the keyboard, so the state of an input method does not matter; never while words are typed. */
  let goUntil = 0;
  const typing = (el) => el.isContentEditable || /^(textarea|select)$/.test(el.localName) || (el.localName === "input" && !/^(checkbox|radio|button|submit|reset)$/.test(el.type));
  on("keydown", (e) => {
    byKeyboard = true;
    const el = e.target;
    if (e.isComposing || e.keyCode === 229) return;
    if (walkNames(e)) return;
    if (e.code === "Enter" && (e.ctrlKey || e.metaKey) && el.form) { e.preventDefault(); el.form.requestSubmit(); return; }
    if (e.code === "Escape") { closeAll(); return; }
    if (e.ctrlKey || e.altKey || e.metaKey || typing(el) || root.dataset.shortcuts === "off") return;
    const asks = e.key === "?" || (e.code === "Slash" && e.shiftKey);
    if ((e.code === "Slash" || e.key === "/") && !asks) { const find = $$(".find input, input[type=search]").find(visible); if (find) { e.preventDefault(); find.focus(); find.select(); } return; }
    if (asks) { sheet(); return; }
    /* G and a letter: to a view, also from a list that is empty */
    if (Date.now() < goUntil) { goUntil = 0; if (press("G " + e.code.replace("Key", ""))) e.preventDefault(); return; }
    if (e.code === "KeyG" && $("[data-key^='G ']")) { goUntil = Date.now() + 1200; return; }
    if (!list() && /^Key[A-Z]$/.test(e.code) && !e.shiftKey && press(e.code.slice(3))) { e.preventDefault(); return; }
    if (!list() || !(el === document.body || el.closest("[data-keys], #pane, main"))) return;
    const letter = e.code.replace(/^(Key|Digit|Numpad)/, "");
    const row = currentRow();
    const arrows = el.type !== "radio";
    const acts = {
      KeyJ: () => move(1, e.shiftKey), KeyK: () => move(-1, e.shiftKey),
      ArrowDown: arrows && (() => move(1, e.shiftKey)), ArrowUp: arrows && (() => move(-1, e.shiftKey)),
      KeyX: row && (() => { const box = $(".pick input", row); if (box) { box.checked = !box.checked; tally(); } }),
      Period: row && (() => copy(row.id.slice(2)).then((done) => done && say(row.id.slice(2)))),
      KeyO: row && (() => { location.href = row.dataset.open || $(".t1", row).href; }),
    };
    if (e.code === "Enter") { if (row && el.classList.contains("t1") && row.dataset.open) { e.preventDefault(); location.href = row.dataset.open; } return; }
    const act = e.code in acts ? acts[e.code] : /^[A-Z0-9]$/.test(letter) && !e.shiftKey && (() => press(letter));
    if (act && act() !== false) e.preventDefault();
  });

  /* ---- the field a request sounds like: ticked before it is asked, but never over a choice made by hand ---- */
  const choose = (code, byHand) => {
    const boxes = $$("input[name=category]");
    const box = boxes.find((b) => b.value === code);
    if (!box || (!byHand && boxes.some((b) => "byHand" in b.dataset))) return;
    box.checked = true;
    box.dataset[byHand ? "byHand" : "byMachine"] = "1";
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  on("click", (e) => { const b = e.target.closest("[data-choose]"); if (b) choose(b.dataset.choose, true); });
  on("change", (e) => { if (e.isTrusted && e.target.name === "category") e.target.dataset.byHand = "1"; });
  /* a tick of the machine goes when the words have changed and nothing is sure any more */
  on("htmx:afterSettle", (e) => {
    const said = e.target.closest("#sounds-like");
    if (!said) return;
    const p = $("[data-prechoose]", said);
    if (p) choose(p.dataset.prechoose, false);
    else if ($("input[name=category][data-by-machine]:checked")) choose("", false);
  });

  /* ---- where the pane does not stand beside the list, a case is a page of its own: htmx does not hear the click ---- */
  on("click", (e) => { if (e.target.closest("[data-row] .t1[hx-target='#pane']") && !visible($("#pane"))) e.stopPropagation(); }, true);

  /* ---- pointer ---- */
  on("pointerdown", () => { byKeyboard = false; });
  on("click", async (e) => {
    const el = e.target.closest("[data-copy], [data-step], [data-close], [data-print], .t1, #composer [data-mention]");
    for (const open of $$("details.menu[open]")) if (!open.contains(e.target)) open.open = false;
    if (!el) return;
    if ("print" in el.dataset) print();
    else if (el.dataset.mention) { e.preventDefault(); name(el); }
    else if (el.dataset.step) nudge(el);
    else if ("close" in el.dataset) { const box = el.closest("[data-toast], #keys"); if (box.id === "keys") box.hidden = true; else box.remove(); }
    else if (el.dataset.copy) { if (await copy(el.dataset.copy)) { $("span", el).textContent = el.dataset.done; say(el.dataset.done); } }
    else if (el.closest("[data-row]")) mark(el.closest("[data-row]"));
  });
  on("change", (e) => {
    if (e.target.dataset.files) addFiles(e.target);
    if (e.target.closest(".pick")) tally();
  });
  on("reset", (e) => { if (e.target.id === "bulk") { e.preventDefault(); $$(".pick :checked").forEach((box) => { box.checked = false; }); tally(); } });

  /* ---- toasts leave after ten seconds, but not from under the pointer or the focus ---- */
  const expire = (toast) => setTimeout(() => { if (toast.matches(":hover, :focus-within")) expire(toast); else toast.remove(); }, 10000);
  const toast = (text) => {
    const box = document.createElement("div");
    box.className = "toast";
    box.textContent = text;
    $("#toast").replaceChildren(box);
    expire(box);
  };

  /* ---- a part of the page is new ---- */
  const ready = (part) => {
    $$("[data-count]", part).forEach(count);
    $$("[data-copy][hidden], [data-print][hidden]", part).forEach((b) => { b.hidden = false; });
    $$("[data-toast]:not([data-seen])").forEach((t) => { t.dataset.seen = "1"; expire(t); });
    $$("form[data-keep]", part).forEach(restore);
    rove();
  };
  on("htmx:afterSettle", (e) => {
    const part = e.target;
    ready(part);
    const trouble = $("#errors, [aria-invalid=true]", part);
    if (trouble) { trouble.focus(); return; }
    if (!byKeyboard) return;
    const heading = part.matches("[data-focus]") ? part : $("[data-focus]", part);
    if (heading && !(list() && list().contains(document.activeElement))) heading.focus();
    else if (document.activeElement === document.body && rows().length) { const row = currentRow() || rows()[0]; $(".t1", row).focus(); }
  });
  on("htmx:afterRequest", (e) => {
    /* the form that asked; the answer may have put a new one in its place, then detail.elt is what stood around it */
    const asked = e.detail.requestConfig && e.detail.requestConfig.elt;
    const form = asked && asked.closest("form");
    if (!form) return;
    const xhr = e.detail.xhr;
    /* what the server keeps this device need not; unless somebody went on typing meanwhile */
    if (asked.id === "draft") {
      if (xhr.status === 200 && form.elements.body.value === (e.detail.requestConfig.parameters.body || "")) { forget(keyOf(form)); delete form.dataset.dirty; }
      return;
    }
    free(form);
    const login = ((xhr.getResponseHeader("HX-Redirect") || "") + xhr.responseURL).includes("/login");
    if (!form.dataset.keep || e.detail.requestConfig.verb === "get") return;
    sessionStorage.removeItem("wq-sent");
    if (e.detail.successful && !login) forget(keyOf(form));
  });
  on("htmx:beforeSwap", (e) => { const x = e.detail.xhr; if (/^50[03]$/.test(x.status) && !x.responseText.includes("data-toast")) { e.detail.shouldSwap = false; toast(words.failed); } });
  on("htmx:sendError", (e) => { if (e.target.id === "draft") e.target.textContent = words.unsaved; else toast(words.offline); });
  on("htmx:responseError", (e) => { if (e.detail.xhr.status >= 500 && !e.detail.xhr.responseText.includes("data-toast")) toast(words.failed); });
  on("htmx:xhr:progress", (e) => { const bar = $("progress", e.target); if (bar && e.detail.lengthComputable) { bar.hidden = false; bar.max = e.detail.total; bar.value = e.detail.loaded; } });

  /* ---- pulse: often while someone works here, seldom while idle, never while hidden, at once on return ---- */
  const pulse = $("#pulse") || $("#present");
  if (pulse) {
    let last = Date.now();
    const beat = () => { last = Date.now(); pulse.dispatchEvent(new CustomEvent("wq:pulse", { bubbles: true })); };
    for (const type of ["pointermove", "keydown", "scroll"]) on(type, () => { lastUse = Date.now(); }, true);
    on("visibilitychange", () => { if (!document.hidden) beat(); });
    setInterval(() => {
      const pause = Date.now() - lastUse < 60000 ? 10000 : 60000;
      if (!document.hidden && Date.now() - last >= pause) beat();
    }, 2000);
  }

  settle();
  ready(document);
  if ($("#errors")) $("#errors").focus();
})();
