/* What a test asks of a page with one answer: lists of what is wrong, empty when nothing is. */
({
  wider() {
    const width = document.documentElement.clientWidth;
    const whole = document.documentElement.scrollWidth;
    if (whole <= width) return [];
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1);
    const told = wide.slice(0, 5).map((e) => `${e.localName}.${e.className} ends at ${e.getBoundingClientRect().right}`);
    return [...told, `the document is ${whole} wide in ${width}`];
  },

  /* A link inside a sentence may be as small as its words; so may one whose ::after covers its whole row. */
  smallTargets(least) {
    const inSentence = (e) => e.localName === "a" && getComputedStyle(e).display === "inline"
      && [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim().length > 1);
    const covers = (e) => {
      const after = getComputedStyle(e, "::after");
      return after.content !== "none" && after.position === "absolute";
    };
    const size = (e) => {
      const own = e.getBoundingClientRect();
      const ticked = e.matches("input[type=checkbox], input[type=radio], input[type=file]");
      const label = ticked && (e.closest("label") || document.querySelector(`label[for="${e.id}"]`));
      if (!label) return own;
      const around = label.getBoundingClientRect();
      return { width: Math.max(own.width, around.width), height: Math.max(own.height, around.height) };
    };
    const name = (e) => (e.innerText || e.name || e.ariaLabel || "").trim().slice(0, 20);
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.closest(".skip, .vh"))
      .filter((e) => e.getBoundingClientRect().width > 1 && !inSentence(e) && !covers(e))
      .filter((e) => Math.min(size(e).width, size(e).height) < least - 0.5)
      .map((e) => `${e.localName}.${e.className} “${name(e)}” ${Math.round(size(e).width)}×${Math.round(size(e).height)}`);
  },

  smallWords(least) {
    return [...document.querySelectorAll("body *")]
      .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && e.checkVisibility())
      .filter((e) => parseFloat(getComputedStyle(e).fontSize) < least)
      .map((e) => `${e.localName}.${e.className} ${getComputedStyle(e).fontSize}`);
  },

  /* A reader's own style: set through the sheet's object, which the policy allows. */
  wear(css) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  },

  style(selector) {
    const { fontSize, lineHeight } = getComputedStyle(document.querySelector(selector));
    return [fontSize, lineHeight];
  },

  /* The sum of all layout shifts so far that no click or key explains. */
  shifts() {
    return new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
      setTimeout(() => done(sum), 50);
    });
  },

  /* Where the focus is, as the place of its element among all; null when nowhere. */
  focus() {
    const e = document.activeElement;
    return e === document.body ? null : [...document.querySelectorAll("*")].indexOf(e);
  },

  focusWithoutRing() {
    /* A search box wears the ring around itself and its icon. */
    const e = document.activeElement;
    const ringed = (box) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(box);
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    const seen = e === document.body || ringed(e) || (e.type === "search" && ringed(e.parentElement));
    return seen ? "" : e.outerHTML.slice(0, 120);
  },
});
