// Light, dark, or as the system: the choice is kept in this browser. Runs before the first paint.

const CHOICES = ['system', 'light', 'dark'];
const SIGNS = { system: '◐', light: '☀', dark: '☾' };
const NAMES = { system: 'as the system', light: 'light', dark: 'dark' };
const KEY = 'skytrend-theme';

function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    return CHOICES.includes(kept) ? kept : 'system';
  } catch {
    return 'system'; // storage can be forbidden
  }
}

function apply(choice) {
  if (choice === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  document.dispatchEvent(new CustomEvent('theme'));
}

apply(chosen());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => apply(chosen()));

/** Makes the button go through the choices. */
export function bindThemeButton(button) {
  const show = (choice) => {
    button.textContent = SIGNS[choice];
    button.setAttribute('aria-label', `Theme: ${NAMES[choice]}`);
    button.title = `Theme: ${NAMES[choice]}`;
  };
  show(chosen());
  button.addEventListener('click', () => {
    const next = CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length];
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Not kept then, but applied.
    }
    apply(next);
    show(next);
  });
}
