/** The shared worker of the option `sharedTabs`. */
import 'convue/tabs/worker'
