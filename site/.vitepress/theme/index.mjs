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
    // The button is called "Search", and the letter beside it would be one of the words that it shows: the style sheet draws it.
    onMounted(() => {
      for (const letter of document.querySelectorAll('.DocSearch-Button-Key:last-child'))
        letter.textContent = ''
    })
  },
}
