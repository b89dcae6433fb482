/** How DiCE prepared the census (adult.data) for its model (dice_ml/utils/helpers.py), as `inputs` of MODEL.lens.json. */
export const censusColumns: Readonly<Record<string, unknown>> = {
  dense_input: {
    kind: 'table', columns: [
      { name: 'age', from: 0, range: [17, 90] }, { name: 'hours_per_week', from: 12, range: [1, 99] },
      column('workclass', 1, { Government: ['State-gov', 'Federal-gov', 'Local-gov'], 'Other/Unknown': ['?', 'Without-pay', 'Never-worked'], Private: [], 'Self-Employed': ['Self-emp-not-inc', 'Self-emp-inc'] }),
      column('education', 3, { Assoc: ['Assoc-voc', 'Assoc-acdm'], Bachelors: [], Doctorate: [], 'HS-grad': [], Masters: [], 'Prof-school': [], School: ['11th', '10th', '7th-8th', '9th', '12th', '5th-6th', '1st-4th', 'Preschool'], 'Some-college': [] }),
      column('marital_status', 5, { Divorced: [], Married: ['Married-civ-spouse', 'Married-AF-spouse', 'Married-spouse-absent'], Separated: [], Single: ['Never-married'], Widowed: [] }),
      column('occupation', 6, { 'Blue-Collar': ['Craft-repair', 'Farming-fishing', 'Handlers-cleaners', 'Machine-op-inspct', 'Transport-moving'], 'Other/Unknown': ['?', 'Armed-Forces'], Professional: ['Prof-specialty'], Sales: [], Service: ['Other-service', 'Priv-house-serv', 'Protective-serv', 'Tech-support'], 'White-Collar': ['Adm-clerical', 'Exec-managerial'] }),
      column('race', 8, { Other: ['Black', 'Asian-Pac-Islander', 'Amer-Indian-Eskimo'], White: [] }), column('gender', 9, { Female: [], Male: [] }),
    ],
  },
};

function column(name: string, from: number, also: Readonly<Record<string, readonly string[]>>): object {
  return { name, from, categories: Object.keys(also), encoding: 'one-hot', also };
}
