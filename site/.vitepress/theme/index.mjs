import DefaultTheme from 'vitepress/theme'
import { onMounted } from 'vue'
import LiveExample from './LiveExample.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('LiveExample', LiveExample)
  },
  setup() {
    // The button is named "Search". The keys beside it are a part of what it shows, and must not be one of what it is called.
    onMounted(() => {
      for (const keys of document.querySelectorAll('.DocSearch-Button-Keys'))
        keys.setAttribute('aria-hidden', 'true')
    })
  },
}
